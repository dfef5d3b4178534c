/**
 * Every order in which the webhook events of a story can come, one of them twice, with the saga anywhere in between; and
 * none of them, with a reconciliation instead: order, payment, stock, books and facts end the same.
 */
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Stage, type Staged } from '../../simulator/stage.js';
import { permutations } from '../downstream/facts.js';
import { noteAsOperator } from '../support/decide.js';
import { cards } from '../support/shop.js';

interface Story {
  readonly name: string;
  readonly env?: Readonly<Record<string, string>>;
  /** what the customer, an operator, the bank or the dashboard does; no webhook has come meanwhile */
  readonly happens: (order: Staged, stage: Stage) => Promise<unknown>;
  readonly events: number;
  readonly ends: readonly [status: string, paymentStatus: string];
}

const refund = ({ parts, intent }: Staged, amount?: number) =>
  parts.dashboard.refunds.create({ payment_intent: intent, ...(amount === undefined ? {} : { amount }) });
const authenticate = ({ parts, intent }: Staged, outcome: 'succeed' | 'fail') =>
  parts.emulator.intents.authenticate(intent, outcome);
const bankSettles = ({ parts, intent }: Staged, outcome: 'succeed' | 'fail') =>
  parts.emulator.intents.settle(intent, outcome);

const stories: readonly Story[] = [
  { name: 'paid', happens: ({ pay }) => pay(cards.good), events: 1, ends: ['CONFIRMED', 'PAID'] },
  {
    name: 'declined twice, then paid',
    env: { PAYMENT_FAILURE_POLICY: 'retry' },
    happens: async ({ pay }) => {
      for (const card of [cards.declined, cards.declined, cards.good]) await pay(card);
    },
    events: 3,
    ends: ['CONFIRMED', 'PAID'],
  },
  { name: 'declined', happens: ({ pay }) => pay(cards.declined), events: 1, ends: ['CANCELLED', 'FAILED'] },
  {
    name: '3-D Secure, paid',
    happens: async (order) => {
      await order.pay(cards.challenge);
      authenticate(order, 'succeed');
    },
    events: 2,
    ends: ['CONFIRMED', 'PAID'],
  },
  {
    name: '3-D Secure, failed',
    happens: async (order) => {
      await order.pay(cards.challenge);
      authenticate(order, 'fail');
    },
    events: 2,
    ends: ['CANCELLED', 'FAILED'],
  },
  {
    name: 'paid by a debit that arrives',
    happens: async (order) => {
      await order.pay('pm_usBankAccount_processing');
      bankSettles(order, 'succeed');
    },
    events: 2,
    ends: ['CONFIRMED', 'PAID'],
  },
  {
    name: 'paid by a debit that the bank does not honour',
    happens: async (order) => {
      await order.pay('pm_usBankAccount_processing');
      bankSettles(order, 'fail');
    },
    events: 2,
    ends: ['CANCELLED', 'FAILED'],
  },
  {
    name: 'captured by hand',
    env: { CAPTURE_METHOD: 'manual' },
    happens: async ({ parts, intent, pay }) => {
      await pay(cards.good);
      await parts.dashboard.paymentIntents.capture(intent, { amount_to_capture: 1_000 });
    },
    events: 3,
    ends: ['CONFIRMED', 'PAID'],
  },
  {
    name: 'cancelled by the customer while paying',
    happens: async ({ id, checkouts, pay }) => {
      await pay(cards.good);
      await checkouts.requestCancel(id, { by: 'customer' }, 'open');
    },
    events: 1,
    ends: ['CONFIRMED', 'PAID'],
  },
  {
    name: 'paid after an operator has ended the order',
    env: { UNDO_PATIENCE_SECONDS: '1' },
    happens: async (order, stage) => {
      await cancelledByOperator(order, stage);
      await order.pay(cards.challenge);
      authenticate(order, 'succeed');
    },
    events: 2,
    ends: ['CANCELLED', 'REFUNDED'],
  },
  {
    name: 'refunded in part and then in full',
    happens: async (order) => {
      await order.pay(cards.good);
      await refund(order, 300);
      await refund(order);
    },
    events: 5,
    ends: ['CONFIRMED', 'REFUNDED'],
  },
  {
    name: 'captured by hand, then refunded in part and in full',
    env: { CAPTURE_METHOD: 'manual' },
    happens: async (order) => {
      await order.pay(cards.good);
      await order.parts.dashboard.paymentIntents.capture(order.intent);
      await refund(order, 300);
      await refund(order);
    },
    events: 6,
    ends: ['CONFIRMED', 'REFUNDED'],
  },
  {
    name: 'disputed, and lost',
    happens: async ({ parts, intent, pay }) => {
      await pay('pm_card_createDispute');
      const dispute = parts.emulator.store.all('disputes').find(({ intentId }) => intentId === intent);
      parts.emulator.disputes.resolve(dispute?.id ?? '', 'lost');
    },
    events: 4,
    ends: ['CONFIRMED', 'DISPUTED'],
  },
  {
    name: 'a refund that comes back',
    happens: async (order) => {
      await order.pay('pm_card_refundFail');
      const { id } = await refund(order, 300);
      order.parts.emulator.refunds.settle(id, 'fail');
    },
    events: 6,
    ends: ['CONFIRMED', 'PAID'],
  },
];

/** Up to five events in `npm test`, with another duplicate at each order of five; six, and all of five, in `npm run simulate`. */
const FULLY = process.env.SIMULATE_FULLY === 'true';

describe.each(stories.filter(({ events }) => FULLY || events < 6))('$name', ({ env = {}, happens, events, ends }) => {
  const orders = permutations(Array.from({ length: events }, (_, at) => at));
  const twice = (no: number): number[] => (events < (FULLY ? 6 : 5) ? (orders[0] ?? []) : [no % events]);
  const runs = orders.flatMap((order, no) => twice(no).map((duplicate) => [...order, duplicate]));

  test(`each of ${orders.length} orders of its events in ${runs.length} runs, and none with a reconciliation, ends in one state`, {
    timeout: 1_800_000,
  }, async () => {
    const stage = await Stage.open(env, events);
    const states = new Map<string, string>();
    const remember = async (order: Staged): Promise<void> => {
      const state = await stage.stateOf(order);
      states.set(createHash('sha256').update(state).digest('hex'), state);
    };
    const begin = async (): Promise<Staged> => {
      const order = await stage.begin();
      await happens(order, stage);
      return order;
    };

    const unheard = await begin();
    const all = new Set(stage.told(unheard).map(({ id }) => id));
    await stage.reconcile();
    await stage.playToTheEnd(unheard, all);
    await remember(unheard);

    for (const run of runs) {
      const order = await begin();
      const told = stage.told(order);
      expect(told).toHaveLength(events);
      for (const at of run) {
        const event = told[at];
        if (event) await stage.hear(event);
        await stage.playSome();
      }
      await stage.playToTheEnd(order, new Set(told.map(({ id }) => id)));
      await remember(order);
    }
    await stage.close();
    expect([...states.values()]).toHaveLength(1);
    const [state = '{}'] = [...states.values()];
    const { order } = JSON.parse(state) as { readonly order: readonly unknown[] };
    expect(order.slice(0, 2)).toEqual(ends);
  });
});

/** Stripe refuses to cancel, a person counts the payment as cancelled, and Stripe is well again. */
async function cancelledByOperator({ id, saga, parts, intent, checkouts }: Staged, stage: Stage): Promise<void> {
  const { emulator, scheduler } = parts;
  emulator.faults.replace([{ method: 'POST', path: `/v1/payment_intents/${intent}/cancel`, status: 500 }]);
  await checkouts.requestCancel(id, { by: 'customer' }, 'open');
  for (let step = 0; step < 60; step++) await scheduler.step();
  scheduler.leap(saga);
  for (let step = 0; step < 60; step++) await scheduler.step();
  scheduler.spawn(saga, 'an operator decides', async () =>
    checkouts.decide(id, 'skip', await noteAsOperator(parts.db, id, 'skip'), 10_000),
  );
  for (let step = 0; step < 200 && stage.checkoutOf({ id } as Staged)?.status === 'RUNNING'; step++)
    await scheduler.step();
  emulator.faults.replace([]);
  await stage.play();
}
