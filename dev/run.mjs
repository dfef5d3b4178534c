import { main } from './main.mjs';

/** `npm run dev:<role>`: builds what is out of date and runs one process in the foreground. */
await main(async () => {
  const { readSettings } = await import('./stack/settings.mjs');
  const { runService } = await import('./stack/run-service.mjs');
  return runService(process.argv[2] ?? '', readSettings(), process.argv.slice(3));
});
