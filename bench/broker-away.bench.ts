import { afterAll, beforeAll, test } from 'vitest';
import { type Fleet, startFleet } from '../test/events/fleet.js';
import { eventually } from '../test/support/eventually.js';
import { openShop, type Shop } from '../test/support/shop.js';
import { machine } from './machine.js';

const SECONDS = Number(process.env.BENCH_SECONDS ?? 120);
const AT_ONCE = 8;
let shop: Shop;
let fleet: Fleet;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 1_000_000 } });
  fleet = await startFleet(shop.databaseUrl);
});
afterAll(async () => {
  await fleet.stop();
  await shop.close();
});

test('checkouts while the broker is away, and how soon its facts are there afterwards', async () => {
  await checkouts(10);
  const beside = await checkouts(SECONDS);
  await fleet.broker.down();
  const without = await checkouts(SECONDS);
  const waiting = await outbox();
  const begin = performance.now();
  await fleet.broker.up();
  await eventually(async () => (await outbox()) === 0, Boolean, 600_000);
  const seconds = (performance.now() - begin) / 1000;
  console.log(
    `checkouts opened: ${beside.toFixed(1)}/s with a broker, ${without.toFixed(1)}/s for ${SECONDS} s without: ${(without / beside).toFixed(2)}; ` +
      `${waiting} facts waited and had left ${seconds.toFixed(1)} s after its start; ${machine()}`,
  );
});

/** @returns how many were opened a second */
async function checkouts(seconds: number): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let opened = 0;
  const lane = async (): Promise<void> => {
    for (; performance.now() < end; opened++) await shop.checkout({ mug: 1 });
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return opened / seconds;
}

async function outbox(): Promise<number> {
  const [row] = await shop.db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM outbox`;
  return row?.n ?? 0;
}
