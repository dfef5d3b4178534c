import { main } from './main.mjs';

/** `npm run reset`: deletes what the stack has written, after saying what that is. `--yes` does not ask. */
await main(async () => {
  const { readSettings } = await import('./stack/settings.mjs');
  const { resetData } = await import('./stack/reset-data.mjs');
  return resetData(readSettings().dataDir, { yes: process.argv.includes('--yes') });
});
