import { main } from './main.mjs';

/** `npm start`: everything on loopback, in the foreground, until Ctrl-C. */
await main(async () => {
  const { readSettings } = await import('./stack/settings.mjs');
  const { runStack } = await import('./stack/run-stack.mjs');
  // Clients of the parts keep timers and sockets of their own; everything is stopped by now.
  process.exit(await runStack(readSettings()));
});
