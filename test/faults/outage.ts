/** PostgreSQL or Temporal away while customers go on buying: what cannot be accepted is 503, what was accepted stays true. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Customers, Heard, OrderPlan } from './customers.js';

export interface Outage {
  readonly name: string;
  readonly away: 'postgres' | 'temporal';
  readonly seconds: number;
}

export const outages: readonly Outage[] = [
  { name: 'PostgreSQL away for 15 s', away: 'postgres', seconds: 15 },
  { name: 'Temporal away for 60 s', away: 'temporal', seconds: 60 },
];

export interface SeenOutage {
  readonly outage: Outage;
  /** answers while it lasted, by status */
  readonly answers: Readonly<Record<string, number>>;
  readonly slowestMs: number;
  readonly orders: number;
  /** sentences about answers that are neither a success nor a 503 as it must be */
  readonly differences: readonly string[];
}

const plans: readonly OrderPlan[] = ['paid', 'captured', 'cancelled', 'declined', 'refunded', 'abandoned'];
/** How long people buy before it and after it. */
const AROUND_MS = 3_000;

export async function playOutage(customers: Customers, outage: Outage): Promise<SeenOutage> {
  const part = customers.stack[outage.away];
  const ordersBefore = customers.orders.length;
  let isOver = false;
  const shopping = plans.map(async (plan) => {
    while (!isOver) {
      const order = customers.order(plan, `outage-${outage.away}`);
      await order.open();
      await order.goOn();
    }
  });
  await delay(AROUND_MS);
  await part.down();
  const begin = Date.now();
  await delay(outage.seconds * 1_000);
  const end = Date.now();
  await part.up();
  await delay(AROUND_MS);
  isOver = true;
  await Promise.all(shopping);
  const during = customers.heard.filter(({ at }) => at >= begin && at <= end);
  return {
    outage,
    answers: countBy(during.map(({ status }) => String(status))),
    slowestMs: Math.round(Math.max(0, ...during.map(({ ms }) => ms))),
    orders: customers.orders.length - ordersBefore,
    differences: during.filter((answer) => !isFit(answer)).map((answer) => `${outage.name}: ${JSON.stringify(answer)}`),
  };
}

/** 409 of a capture says that the money is taken already. A lost connection is none of what an API may answer. */
function isFit({ status, asked, retryAfter, type }: Heard): boolean {
  if (status === 200 || status === 202 || (status === 409 && asked === 'capture')) return true;
  return status === 503 && Number(retryAfter) > 0 && (type ?? '').startsWith('application/problem+json');
}

function countBy(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
