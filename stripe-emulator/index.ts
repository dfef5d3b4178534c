import type { AddressInfo } from 'node:net';
import { Emulator, type Log } from './emulator.js';
import { buildServer } from './server.js';

export interface RunningEmulator {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Looks for what time alone has made due: a test moves the clock, but a long-lived stack just lives on. */
const TICK_MS = 30_000;

/** Starts the emulator; `port` 0 takes a free one. What it knows lies in `dataDir` and survives a kill. */
export async function startEmulator(options: {
  readonly port: number;
  readonly host?: string;
  readonly dataDir: string;
  readonly log?: Log;
}): Promise<RunningEmulator> {
  const host = options.host ?? '127.0.0.1';
  const emulator = new Emulator(options.dataDir, options.log ?? (() => undefined));
  const app = buildServer(emulator);
  await app.listen({ port: options.port, host });
  const { port } = app.server.address() as AddressInfo;
  // Listening on every address, it is found on this machine's own.
  emulator.publicUrl = `http://${host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host}:${port}`;
  emulator.tick();
  const ticking = setInterval(() => emulator.tick(), TICK_MS);
  return {
    url: emulator.publicUrl,
    port,
    close: async () => {
      clearInterval(ticking);
      emulator.deliveries.close();
      await app.close();
      await emulator.store.commit();
      emulator.store.close();
    },
  };
}
