import { afterAll, beforeAll, expect, test } from 'vitest';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
/** oldest first, one an hour */
const made: string[] = [];
const customers: string[] = [];
beforeAll(async () => {
  emulator = await openEmulator();
  for (const name of ['Ann', 'Ben']) customers.push((await emulator.stripe.customers.create({ name })).id);
  for (const n of [0, 1, 2, 3, 4]) {
    const intent = await emulator.stripe.paymentIntents.create({
      ...mug,
      customer: customers[n % 2]!,
      metadata: { n },
    });
    made.push(intent.id);
    await emulator.control('POST', 'clock/advance', { seconds: 3_600 });
  }
});
afterAll(() => emulator.close());

const list = async (params: Parameters<typeof emulator.stripe.paymentIntents.list>[0]) => {
  const { data, has_more } = await emulator.stripe.paymentIntents.list(params);
  return { made: data.map(({ id }) => made.indexOf(id)), has_more };
};

test('the newest come first, as many as are asked for', async () => {
  expect(await list({})).toEqual({ made: [4, 3, 2, 1, 0], has_more: false });
  expect(await list({ limit: 2 })).toEqual({ made: [4, 3], has_more: true });
});

test('a page goes on behind the last of the page before', async () => {
  expect(await list({ limit: 2, starting_after: made[3]! })).toEqual({ made: [2, 1], has_more: true });
  expect(await list({ limit: 2, starting_after: made[1]! })).toEqual({ made: [0], has_more: false });
  expect(await list({ starting_after: made[0]! })).toEqual({ made: [], has_more: false });
});

test('a page can be turned back', async () => {
  expect(await list({ limit: 2, ending_before: made[1]! })).toEqual({ made: [3, 2], has_more: true });
  expect(await list({ limit: 10, ending_before: made[1]! })).toEqual({ made: [4, 3, 2], has_more: false });
  expect(await list({ ending_before: made[4]! })).toEqual({ made: [], has_more: false });
});

test('a cursor that is not in the list is refused, not taken for the first page', async () => {
  await expect(list({ starting_after: 'pi_none' })).rejects.toMatchObject({
    code: 'resource_missing',
    param: 'starting_after',
  });
});

test("the SDK's own iteration sees each once", async () => {
  const seen: number[] = [];
  for await (const { id } of emulator.stripe.paymentIntents.list({ limit: 2 })) seen.push(made.indexOf(id));
  expect(seen).toEqual([4, 3, 2, 1, 0]);
});

test('a time and a customer narrow the list', async () => {
  const { created } = await emulator.stripe.paymentIntents.retrieve(made[2]!);
  expect(await list({ created: { gte: created } })).toEqual({ made: [4, 3, 2], has_more: false });
  expect(await list({ created: { gt: created, lt: created + 7_200 } })).toEqual({ made: [3], has_more: false });
  expect(await list({ customer: customers[1]! })).toEqual({ made: [3, 1], has_more: false });
});

test('what is listed can be shown with its charge', async () => {
  await emulator.stripe.paymentIntents.confirm(made[4]!, { payment_method: 'pm_card_visa' });
  const { data } = await emulator.stripe.paymentIntents.list({ limit: 1, expand: ['data.latest_charge'] });
  expect(data).toMatchObject([{ latest_charge: { object: 'charge', paid: true } }]);
});
