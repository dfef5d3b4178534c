import type { PrismaClient } from '../../prisma/generated/client.js';

/** Statements of one process over one product side by side: enough to keep a product's row busy. */
const AT_ONCE = 2;
/** Longer than any queue of statements that get their row, and far shorter than an attempt. */
const WAIT_MS = 300;

/** Others are in the way. It carries PostgreSQL's own code for that, so it is an outage: tried again, or 503. */
class ProductBusy extends Error {
  override readonly name = 'ProductBusy';
  readonly code = '55P03';
}

interface Lane {
  busy: number;
  readonly waiting: Set<() => void>;
}

const lanesOf = new WeakMap<PrismaClient, Map<string, Lane>>();

/**
 * Keeps the statements that lock the stock of one product from taking every connection while somebody else holds its row:
 * two of them wait in the database, the others here, and those that wait too long give up. Other products go on.
 */
export const withLanes = (db: PrismaClient): PrismaClient => {
  lanesOf.set(db, new Map());
  return db;
};

/**
 * Runs a statement that locks the stock of these products, when it is its turn.
 * @throws an outage (`isPrismaClientAway`) when no turn came within 0.3 s
 */
export async function inLanes<T>(db: PrismaClient, productIds: readonly string[], task: () => Promise<T>): Promise<T> {
  const lanes = lanesOf.get(db);
  if (!lanes) return task();
  const entered: string[] = [];
  try {
    // In one order, so that two carts cannot wait for each other.
    for (const id of [...new Set(productIds)].sort()) {
      await enter(lanes, id);
      entered.push(id);
    }
    return await task();
  } finally {
    for (const id of entered) leave(lanes, id);
  }
}

async function enter(lanes: Map<string, Lane>, id: string): Promise<void> {
  const lane = lanes.get(id) ?? { busy: 0, waiting: new Set() };
  lanes.set(id, lane);
  if (lane.busy < AT_ONCE) {
    lane.busy += 1;
    return;
  }
  await new Promise<void>((resolve, reject) => {
    const turn = (): void => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      lane.waiting.delete(turn);
      reject(new ProductBusy(`The stock of product ${id} is being changed by others.`));
    }, WAIT_MS);
    lane.waiting.add(turn);
  });
}

/** The place goes to whoever waits longest. */
function leave(lanes: Map<string, Lane>, id: string): void {
  const lane = lanes.get(id);
  if (!lane) return;
  const [next] = lane.waiting;
  if (next) {
    lane.waiting.delete(next);
    next();
  } else {
    lane.busy -= 1;
    if (lane.busy === 0) lanes.delete(id);
  }
}
