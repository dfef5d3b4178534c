import { main } from './main.mjs';

/** `npm run setup`: packages, Prisma client and dist/, and every part the stack and the tests run on. */
await main(async () => {
  const { setUp } = await import('./setup/index.mjs');
  const { findKafkaJars, findJava, findTemporalCli, findTestServer } = await import('./parts/index.mjs');
  await setUp();
  await findTemporalCli();
  await findJava();
  await findKafkaJars();
  await findTestServer();
  process.stdout.write('Everything is here.\n');
});
