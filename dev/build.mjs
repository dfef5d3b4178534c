import { main } from './main.mjs';

/** `npm run build`: packages, Prisma client and dist/, each where it is out of date. */
await main(async () => {
  const { setUp } = await import('./setup/index.mjs');
  await setUp();
});
