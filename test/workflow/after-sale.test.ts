import { afterAll, beforeAll, expect, test } from 'vitest';
import { begin } from './after-sales.js';
import { fails, held, refuses, returns, times } from './script.js';
import { openStage, type Stage } from './stage.js';

let stage: Stage;
let begunByHand = 0;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const MINUTE = 60_000;
const DAY = 86_400_000;
const over = returns(null);
const lookAgainIn = (ms: number) => returns(ms);

test('money that is at rest is read once, with the event that told of it', async () => {
  const order = await begin(stage, { followMoney: [over] }, { eventId: 'evt_1' });
  await order.ends();
  expect(order.asked()).toEqual([order.asksToFollow(['evt_1'])]);
});

test('a refund that was asked for here is a hint without an event', async () => {
  const order = await begin(stage, { followMoney: [over] }, {});
  await order.ends();
  expect(order.asked()).toEqual([order.asksToFollow([])]);
});

test('what is told while Stripe is read is read for once more, each event once', async () => {
  const first = held(over);
  const order = await begin(stage, { followMoney: [first.answer, over] }, { eventId: 'evt_1' });
  await order.hasAsked(1);
  for (const eventId of ['evt_2', 'evt_3', 'evt_2']) await order.hears({ eventId });
  await order.hears({});
  first.release();
  await order.ends();
  expect(order.asked()).toEqual([order.asksToFollow(['evt_1']), order.asksToFollow(['evt_2', 'evt_3'])]);
});

test('what is under way is looked at ever less often, and once a day at least', async () => {
  const order = await begin(
    stage,
    { followMoney: [...times(12, lookAgainIn(10 * MINUTE)), over] },
    { eventId: 'evt_1' },
  );
  await order.ends();
  expect(order.asked()).toEqual([order.asksToFollow(['evt_1']), ...times(12, order.asksToFollow([]))]);
  expect(order.pausesMinutes()).toEqual([10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440, 1440, 1440]);
});

test('what must be looked at less often than once a day is looked at once a day', async () => {
  const order = await begin(stage, { followMoney: [lookAgainIn(30 * DAY), lookAgainIn(30 * DAY), over] }, {});
  await order.ends();
  expect(order.pausesMinutes()).toEqual([1440, 1440]);
});

test('a hint wakes it at once, and it looks often again', async () => {
  const order = await begin(stage, { followMoney: [...times(4, lookAgainIn(10 * MINUTE)), over] }, {});
  await order.hasAsked(1);
  await stage.pass(31 * MINUTE);
  await order.hasAsked(3);
  await order.hears({ eventId: 'evt_9' });
  await order.ends();
  expect(order.asked()).toEqual([
    ...times(3, order.asksToFollow([])),
    order.asksToFollow(['evt_9']),
    order.asksToFollow([]),
  ]);
  expect(order.pausesMinutes()).toEqual([10, 20, 1, 10]);
});

test('an order that is not known ends it: its event stays for a person', async () => {
  const order = await begin(stage, { followMoney: [refuses('OrderNotFound')] }, { eventId: 'evt_1' });
  await order.ends();
  expect(order.asked()).toEqual([order.asksToFollow(['evt_1'])]);
});

test('what is told while a read is refused is read for all the same', async () => {
  const first = held(refuses('OrderNotFound'));
  const order = await begin(stage, { followMoney: [first.answer, over] }, { eventId: 'evt_1' });
  await order.hasAsked(1);
  await order.hears({ eventId: 'evt_2' });
  first.release();
  await order.ends();
  expect(order.asked()).toEqual([order.asksToFollow(['evt_1']), order.asksToFollow(['evt_2'])]);
});

test('however long Stripe is away, the same is asked until it answers', async () => {
  const order = await begin(stage, { followMoney: [...times(30, fails), over] }, { eventId: 'evt_1' });
  await order.ends();
  expect(order.asked()).toEqual(Array.from({ length: 31 }, (_, n) => order.asksToFollow(['evt_1'], n + 1)));
});

test('hints without end do not fill its history: it goes on in a new run, with what was not read yet', async () => {
  const first = held(over);
  const order = await begin(stage, { followMoney: [first.answer, over] }, { eventId: 'evt_0' });
  await order.hasAsked(1);
  const eventIds = Array.from({ length: 500 }, (_, n) => `evt_${n + 1}`);
  for (const eventId of eventIds) await order.hears({ eventId });
  first.release();
  await order.ends();
  expect(order.asked()).toEqual([order.asksToFollow(['evt_0']), order.asksToFollow(eventIds)]);
  expect((await order.handle.describe()).historyLength).toBeLessThan(20);
});

test.each([
  ['checkout', [{ orderId: 'by-hand' }]],
  ['checkout', [{ orderId: 5, policy: { holdSeconds: 1, undoPatienceSeconds: 1 } }]],
  ['checkout', []],
  ['afterSale', [{}]],
  ['afterSale', []],
])('a workflow %s that is begun by hand with %j fails at once, and says what it needs', async (type, args) => {
  const { client, taskQueue } = stage;
  const begun = await client.workflow.start(type, { workflowId: `by-hand-${++begunByHand}`, taskQueue, args });
  await expect(begun.result()).rejects.toMatchObject({ cause: { type: 'MessageInvalid' } });
});
