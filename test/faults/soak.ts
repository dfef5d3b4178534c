/** `npm run soak`: customers of every kind without a pause, and faults at random moments, which a seed draws. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Random } from '../../simulator/random.js';
import { eventually } from '../support/eventually.js';
import { judge } from './checks.js';
import { Customers, type OrderPlan, stockShop } from './customers.js';
import { heardInOrder } from './heard-facts.js';
import { type FaultStack, startFaultStack } from './stack.js';

const minutes = Number(process.env.SOAK_MINUTES ?? 30);
const seed = Number(process.env.SOAK_SEED ?? 1);
const CUSTOMERS = 4;
const SHORT_HOLD_SECONDS = 60;
const plans: readonly OrderPlan[] = ['paid', 'paid', 'declined', 'cancelled', 'abandoned', 'refunded', 'captured'];
const say = (line: string): void => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

test('under load, with faults and kills at random, nothing is lost', {
  timeout: minutes * 60_000 + 1_200_000,
}, async () => {
  const stack = await startFaultStack({ kafka: true, shortHoldSeconds: SHORT_HOLD_SECONDS });
  const customers = new Customers(stack);
  await stockShop(stack);
  const random = new Random(seed);
  const until = Date.now() + minutes * 60_000;
  try {
    const shopping = Promise.all(Array.from({ length: CUSTOMERS }, (_, no) => shop(customers, random.part(no), until)));
    let allGetOn = true;
    shopping.catch(() => {
      allGetOn = false;
    });
    const struck = await harass(stack, random.part(CUSTOMERS), () => allGetOn && Date.now() < until);
    await shopping;
    await heal(stack);
    const { differences, acknowledged, orders, lateness } = await judge(customers);
    const outOfOrder = await heardInOrder(stack);
    const figures = { seed, minutes, orders, acknowledged, struck, latestReleaseMs: Math.max(0, ...lateness) };
    say(JSON.stringify(figures));
    expect([...differences, ...outOfOrder]).toEqual([]);
  } finally {
    await stack.stop();
  }
  stack.forget();
});

/** One customer after the other, each with a plan of their own, some of whom ask for the same again in the end. */
async function shop(customers: Customers, random: Random, until: number): Promise<void> {
  while (Date.now() < until) {
    const order = customers.order(random.pick(plans), 'soak');
    await order.open();
    await order.goOn();
    if (random.happens(0.2)) await order.open();
  }
}

type Strike = (stack: FaultStack, random: Random) => Promise<unknown>;

const strikes: Readonly<Record<string, Strike>> = {
  'API killed': (stack) => stack.api.process.kill(),
  'other API killed': (stack) => stack.shortApi.process.kill(),
  'worker killed': (stack) => stack.worker.process.kill(),
  'relay and dispatcher killed': (stack) => stack.relay.process.kill(),
  'PostgreSQL killed': ({ postgres }) => postgres.kill(),
  'Temporal killed': ({ temporal }) => temporal.kill(),
  'Kafka killed': async ({ kafka }) => kafka?.kill(),
  'Stripe killed': ({ emulator }) => emulator.kill(),
  'worker standing still': (stack, random) => stack.worker.process.standStill(1_000 + random.below(4_000)),
  'API standing still': (stack, random) => stack.api.process.standStill(1_000 + random.below(2_000)),
  'Temporal cut off from the worker': async (stack, random) => {
    const open = stack.worker.temporal.shut();
    await delay(500 + random.below(3_000));
    open();
  },
  'Temporal cut off from the API': async (stack, random) => {
    const open = stack.api.temporal.shut();
    await delay(500 + random.below(3_000));
    open();
  },
  'answers of PostgreSQL lost': async (stack, random) => {
    const { database } = random.pick([stack.worker, stack.api, stack.relay]);
    const gate = database.gate({ text: /UPDATE|INSERT/ }, 'committed');
    await gate.reached(5_000).catch(() => undefined);
    gate.cut();
  },
  'Stripe failing': ({ stripeUrl }, random) =>
    control(stripeUrl, 'faults', {
      faults: [
        {
          path: random.pick(paths),
          ...random.pick(ways),
          times: 1 + random.below(3),
        },
      ],
    }),
  'webhooks late, twice, out of order': ({ stripeUrl }, random) =>
    control(stripeUrl, 'webhooks', {
      duplicate: random.below(2),
      shuffle: random.happens(0.5),
      delayMs: random.below(2_000),
    }),
};

const paths = [
  '/v1/payment_intents',
  '/v1/payment_intents/*',
  '/v1/payment_intents/*/cancel',
  '/v1/refunds',
  '/v1/payment_intents/*/capture',
];
const ways = [
  { when: 'before', status: 429 },
  ...(['before', 'after'] as const).flatMap((when) => [
    { when, status: 500 },
    { when, cut: true },
    { when, latencyMs: 9_000 },
  ]),
];

/** @returns how often each struck */
async function harass(stack: FaultStack, random: Random, goesOn: () => boolean): Promise<Record<string, number>> {
  const struck: Record<string, number> = {};
  while (goesOn()) {
    await delay(1_000 + random.below(5_000));
    const name = random.pick(Object.keys(strikes));
    say(name);
    struck[name] = (struck[name] ?? 0) + 1;
    await strikes[name]?.(stack, random);
  }
  return struck;
}

async function heal({ stripeUrl }: FaultStack): Promise<void> {
  await control(stripeUrl, 'faults', { faults: [] });
  await control(stripeUrl, 'webhooks', {});
}

/** The emulator may be on its way back. */
async function control(stripeUrl: string, what: string, body: object): Promise<void> {
  const init = { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  await eventually(async () => (await fetch(`${stripeUrl}/_emulator/${what}`, init)).ok);
}
