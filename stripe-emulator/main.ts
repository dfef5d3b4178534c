import { startEmulator } from './index.js';

const line = (level: string, msg: string, fields: object = {}): void => {
  process.stdout.write(
    `${JSON.stringify({ time: new Date().toISOString(), level, service: 'emulator', msg, ...fields })}\n`,
  );
};

const port = Number(process.env.STRIPE_PORT ?? 12_111);
if (!Number.isInteger(port) || port < 0 || port > 65_535) {
  process.stderr.write(`STRIPE_PORT is "${process.env.STRIPE_PORT}": it must be a port from 0 to 65535.\n`);
  process.exit(78);
}

const starting = startEmulator({
  port,
  host: process.env.STRIPE_HOST ?? '127.0.0.1',
  dataDir: process.env.STRIPE_DATA_DIR ?? '.data/emulator',
  log: (msg, fields) => line('info', msg, fields),
});
// The handlers stand before the process says that it is ready: a signal right after that must not end it by itself.
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    void starting
      .then((emulator) => emulator.close())
      .then(() => {
        line('info', 'Stripe emulator stopped');
        process.exit(0);
      });
  });

const emulator = await starting.catch((error: NodeJS.ErrnoException) => {
  if (error.code !== 'EADDRINUSE') throw error;
  process.stderr.write(`STRIPE_PORT ${port} is in use: stop what listens there, or set STRIPE_PORT to another port.\n`);
  process.exit(1);
});
line('info', `Stripe emulator running on port ${emulator.port}`);
