import { parseArgs } from 'node:util';
import { main } from './main.mjs';

/** `npm run catalogue`: writes the event catalogue's files from the code; `-- --release` says that this version is out. */
await main(async () => {
  const { values } = parseArgs({ options: { release: { type: 'boolean', default: false } } });
  const { setUp } = await import('./setup/index.mjs');
  await setUp();
  const { writeCatalogue } = await import('./catalogue/write.mjs');
  process.stdout.write(`${await writeCatalogue(values)}\n`);
});
