import { main } from './main.mjs';

/** `npm run status`: what runs where, and how it is. Exit code 0 when everything does. Needs no packages. */
await main(async () => {
  const { readSettings } = await import('./stack/settings.mjs');
  const { showStatus } = await import('./stack/show-status.mjs');
  return showStatus(readSettings().dataDir);
});
