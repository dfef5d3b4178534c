/** A batch of sagas on one stock, from the first customer to the audit. Its seed decides all that happens in it. */
import { createHash } from 'node:crypto';
import { reconcile } from '../operations/reconciliation/reconcile.js';
import { createAfterSaleClient } from '../temporal/after-sale-client.js';
import { type CheckoutClient, createCheckoutClient } from '../temporal/checkout-client.js';
import { createCourier } from './courier.js';
import { explain } from './explained.js';
import { type Finding, inspect } from './inspect.js';
import { Luck } from './luck.js';
import { type Breakage, openParts, type Parts, sagaOf } from './parts.js';
import { beginSaga, type Cast, operatorDecides, reactTo } from './people.js';
import { drawPlan, type Plan, stockFor } from './plan.js';
import { configOf, openPlatform } from './platform.js';
import { Random } from './random.js';

export interface BatchReport {
  readonly sagas: number;
  readonly steps: number;
  /** how many orders ended how */
  readonly ends: Readonly<Record<string, number>>;
  /** how many calls, attempts and deliveries went wrong on purpose */
  readonly misfortunes: number;
  /** how many changes of state their timelines explain */
  readonly changes: number;
  /** over all that happened, in order */
  readonly digest: string;
  readonly findings: readonly (Finding & { readonly story: readonly string[] })[];
}

/** The saga of what belongs to none: the looks of the dispatcher and the sweep. */
const NOBODY = -1;
/** Twice what batches take: beyond it a story goes round in circles, and is found with its workflow still running. */
const STEPS_A_SAGA = 600;
const DISPATCH_EVERY_STEPS = 500;
const SWEEP_EVERY_STEPS = 5_000;

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
    latePaymentPolicy: chance.pick(['refund', 'keep']),
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
    const { changes, findings: unexplained } = await explain(parts.db);
    const findings = [...(await inspect(parts)), ...unexplained];
    const ends = await parts.db.$queryRaw<{ what: string; count: number }[]>`
      SELECT status || coalesce(' ' || end_reason, ' ' || payment_status) AS what, count(*)::int AS count
        FROM orders GROUP BY 1 ORDER BY 1`;
    return {
      sagas,
      steps: parts.scheduler.steps,
      ends: Object.fromEntries(ends.map(({ what, count }) => [what, count])),
      misfortunes: luck.struck,
      changes,
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

/** All sagas at once, to their end; then fair weather, one reconciliation, and what that brings to light. */
async function play(parts: Parts, luck: Luck, casts: readonly Cast[], castOf: (saga: number) => Cast): Promise<void> {
  const { db, scheduler, records } = parts;
  const platform = await openPlatform(parts, routed(castOf), castOf(0).afterSales);
  const courier = createCourier(parts, luck, {
    hear: (event, form) => platform.hear(event, form),
    told: (saga, event) => reactTo(castOf(saga), event),
  });
  for (const cast of casts) beginSaga(cast);
  await toTheEnd();
  luck.calmDown();
  await settleDown();
  const now = Date.now();
  await reconcile(db, records, { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: 'once' });
  await settleDown();
  await platform.close();

  async function toTheEnd(): Promise<void> {
    while (scheduler.steps < STEPS_A_SAGA * (casts.length + 10) && (await scheduler.step())) {
      courier.collect();
      if (scheduler.steps % DISPATCH_EVERY_STEPS === 0) look();
      if (scheduler.steps % SWEEP_EVERY_STEPS === 0) scheduler.spawn(NOBODY, 'the sweep looks', () => platform.sweep());
    }
  }

  function look(): void {
    scheduler.spawn(NOBODY, 'the dispatcher looks', () => platform.dispatch());
  }

  /** Until the inbox is empty and nobody runs; what has found no order by then never will. */
  async function settleDown(): Promise<void> {
    await platform.sweep();
    for (let round = 0; round < 10 && (round === 0 || (await platform.waiting()) > 0); round++) {
      if (round === 5) await platform.age();
      look();
      await toTheEnd();
    }
  }
}

/** Each checkout is spoken to under the rules that its saga was drawn with. */
const routed = (castOf: (saga: number) => Cast): CheckoutClient => ({
  ...castOf(0).checkouts,
  signal: (orderId, ...rest) => castOf(sagaOf(orderId)).checkouts.signal(orderId, ...rest),
  startAgain: (orderId, ...rest) => castOf(sagaOf(orderId)).checkouts.startAgain(orderId, ...rest),
});
