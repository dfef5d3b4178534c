/** A batch of sagas on one stock, from the first customer to the audit. Its seed decides all that happens in it. */
import { createHash } from 'node:crypto';
import { createAfterSaleClient } from '../../api/after-sale-client.js';
import { buildApi } from '../../api/app.js';
import { type CheckoutClient, createCheckoutClient } from '../../api/checkout-client.js';
import { createDispatcher } from '../../api/webhooks/dispatcher.js';
import { createSweep } from '../../api/webhooks/sweep.js';
import { reconcile } from '../../domain/reconciliation/reconcile.js';
import { loadConfig } from '../../platform/config.js';
import { createHealth } from '../../platform/health.js';
import { createLogger } from '../../platform/log.js';
import { createMetrics } from '../../platform/metrics.js';
import { createCourier } from './courier.js';
import { type Finding, inspect } from './inspect.js';
import { Luck } from './luck.js';
import { type Breakage, openParts, type Parts, sagaOf } from './parts.js';
import { beginSaga, type Cast, operatorDecides, reactTo } from './people.js';
import { drawPlan, type Plan, stockFor } from './plan.js';
import { Random } from './random.js';

export interface BatchReport {
  readonly sagas: number;
  readonly steps: number;
  /** how many orders ended how */
  readonly ends: Readonly<Record<string, number>>;
  /** how many calls, attempts and deliveries went wrong on purpose */
  readonly misfortunes: number;
  /** over all that happened, in order */
  readonly digest: string;
  readonly findings: readonly (Finding & { readonly story: readonly string[] })[];
}

const WEBHOOK_SECRET = 'whsec_simulated';
/** The saga of what belongs to none: the dispatcher's looks. */
const NOBODY = -1;
/** Far beyond the longest batch seen: beyond it a story goes round in circles. */
const STEPS_A_SAGA = 10_000;
const DISPATCH_EVERY_STEPS = 500;

export async function runBatch({
  seed,
  sagas,
  breakage,
}: {
  readonly seed: number;
  readonly sagas: number;
  readonly breakage?: Breakage;
}): Promise<BatchReport> {
  const chance = new Random(seed);
  const plans = Array.from({ length: sagas }, (_, saga) => drawPlan(chance.part(saga).part(0)));
  const stories = new Map<number, string[]>(plans.map((plan, saga) => [saga, [JSON.stringify(plan)]]));
  const luck = new Luck(chance, (saga) => ({ budget: plans[saga]?.misfortunes ?? 0, share: plans[saga]?.share ?? 0 }));
  const parts = await openParts({
    chance,
    luck,
    deadlineWins: 0.03,
    products: stockFor(sagas),
    tell: (saga, what) => stories.get(saga)?.push(what),
    parked: (orderId) => operatorDecides(castOf(sagaOf(orderId))),
    breakage,
  });
  const casts = plans.map((plan, saga) => castFor(parts, luck, plan, saga));
  const castOf = (saga: number): Cast => {
    const cast = casts[saga];
    if (!cast) throw new Error(`There is no saga ${saga}`);
    return cast;
  };
  try {
    await play(parts, luck, casts, castOf);
    const findings = await inspect(parts);
    const ends = await parts.db.$queryRaw<{ what: string; count: number }[]>`
      SELECT status || coalesce(' ' || end_reason, ' ' || payment_status) AS what, count(*)::int AS count
        FROM orders GROUP BY 1 ORDER BY 1`;
    return {
      sagas,
      steps: parts.scheduler.steps,
      ends: Object.fromEntries(ends.map(({ what, count }) => [what, count])),
      misfortunes: luck.struck,
      digest: createHash('sha256')
        .update(JSON.stringify([...stories]))
        .digest('hex'),
      findings: findings.map((finding) => ({ ...finding, story: stories.get(finding.saga ?? NOBODY) ?? [] })),
    };
  } finally {
    await parts.close();
  }
}

function castFor(parts: Parts, luck: Luck, plan: Plan, saga: number): Cast {
  const client = parts.temporal.client();
  return {
    saga,
    plan,
    parts,
    checkouts: createCheckoutClient(client, configOf(plan.env)),
    afterSales: createAfterSaleClient(client),
    chance: luck.chanceOf(saga),
  };
}

const configOf = (env: Readonly<Record<string, string>>) =>
  loadConfig({
    DATABASE_URL: process.env.TEST_DATABASE_URL,
    STRIPE_SECRET_KEY: 'sk_test_simulated',
    STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET,
    JWT_SECRET: 'a key of the simulation, of at least 32 characters',
    ...env,
  });

/** All sagas at once, to their end; then fair weather, one reconciliation, and what that brings to light. */
async function play(parts: Parts, luck: Luck, casts: readonly Cast[], castOf: (saga: number) => Cast): Promise<void> {
  const { db, scheduler, records, provider } = parts;
  const log = createLogger('simulation', 'silent');
  const afterSales = createAfterSaleClient(parts.temporal.client());
  const checkouts = routed(castOf);
  const deps = { config: configOf({}), db, provider, checkouts, afterSales, log, metrics: createMetrics('payment') };
  const api = await buildApi(deps, createHealth('payment', []));
  const dispatcher = createDispatcher(deps);
  const courier = createCourier(parts, luck, {
    secret: WEBHOOK_SECRET,
    post: async (payload, signature) => {
      const headers = { 'content-type': 'application/json', 'stripe-signature': signature };
      const { statusCode } = await api.inject({ method: 'POST', url: '/v1/payment/webhook', payload, headers });
      if (statusCode !== 200) throw new Error(`the webhook route answered ${statusCode}`);
    },
    told: (saga, event) => reactTo(castOf(saga), event),
  });
  for (const cast of casts) beginSaga(cast);
  await toTheEnd();
  luck.calmDown();
  await settleDown();
  const now = Date.now();
  await reconcile(db, records, { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: 'once' });
  await settleDown();
  await api.close();

  async function toTheEnd(): Promise<void> {
    const limit = scheduler.steps + STEPS_A_SAGA * (casts.length + 10);
    while (await scheduler.step()) {
      courier.collect();
      if (scheduler.steps % DISPATCH_EVERY_STEPS === 0) scheduler.spawn(NOBODY, 'the dispatcher looks', dispatch);
      if (scheduler.steps > limit) throw new Error('The batch does not come to an end');
    }
  }

  async function dispatch(): Promise<void> {
    await db.$executeRaw`UPDATE webhook_inbox SET next_attempt_at = received_at WHERE state IN ('RECEIVED', 'SIGNALLED')`;
    await dispatcher.runOnce();
  }

  /** Until the inbox is empty and nobody runs; what has no order by then never will. */
  async function settleDown(): Promise<void> {
    for (let round = 0; round < 10; round++) {
      await db.$executeRaw`UPDATE refund SET updated_at = now() - interval '1 hour' WHERE status = 'REQUESTED'`;
      await createSweep(deps).runOnce(-1_000_000_000);
      for (let rows = 1; rows > 0; ) {
        scheduler.spawn(NOBODY, 'the dispatcher looks', dispatch);
        await toTheEnd();
        const [waiting] = await db.$queryRaw<{ n: number }[]>`
          SELECT count(*)::int AS n FROM webhook_inbox WHERE state IN ('RECEIVED', 'SIGNALLED')`;
        rows = (waiting?.n ?? 0) > 0 && ++round < 10 ? 1 : 0;
      }
      if (parts.temporal.open.length === 0) break;
    }
    await db.$executeRaw`UPDATE webhook_inbox SET received_at = received_at - interval '10 minutes' WHERE state IN ('RECEIVED', 'SIGNALLED')`;
  }
}

/** Each checkout is spoken to under the rules that its saga was drawn with. */
const routed = (castOf: (saga: number) => Cast): CheckoutClient => ({
  ...castOf(0).checkouts,
  signal: (orderId, ...rest) => castOf(sagaOf(orderId)).checkouts.signal(orderId, ...rest),
  startAgain: (orderId, ...rest) => castOf(sagaOf(orderId)).checkouts.startAgain(orderId, ...rest),
});
