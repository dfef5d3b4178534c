/**
 * Cells of the matrix: orders are brought to their steps, somebody is hit when all of them stand there, and each order must
 * end as planned.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { HealthReport } from '../../platform/health.js';
import { eventually } from '../support/eventually.js';
import { type Cell, pointOf } from './cells.js';
import type { Customers, Order } from './customers.js';
import { type Gate, type Point, REACHED_WITHIN_MS } from './gate.js';
import type { Mortal } from './mortal.js';
import { type Actor, type Stage, serviceOf, type Who } from './steps.js';

/** Above what a workflow task is given, so that another may take over. */
const STANDSTILL_MS = 4_000;
/** Above what a call to Stripe is given. */
const STRIPE_SILENCE_MS = 9_000;
const AWAY_MS = 2_000;

/** A worker's death, for how soon what was acknowledged is in effect after it. In ms since the epoch. */
export interface WorkerDeath {
  readonly killedAt: number;
  readonly startedAt: number;
  readonly readyAt: number;
}

/** Nobody came to where the order was to be stopped: nothing was struck. */
export class NotReached extends Error {}

/** A cell that was struck. */
export interface Struck {
  readonly cell: Cell;
  /** resolves when its order has ended as it must; rejects when it does not, or when the point was not reached */
  readonly over: Promise<void>;
}

/** An order on its way, held where it is to be hit. */
interface Stopped extends Stage {
  readonly cell: Cell;
  readonly gate: Gate;
  /** what the customer does, to its end */
  readonly going: Promise<void>;
}

/**
 * Strikes once for cells in which the same happens to the same one; the orders end later.
 * @returns when whoever was hit is back
 */
export async function strike(
  customers: Customers,
  together: readonly Cell[],
  deaths: WorkerDeath[] = [],
): Promise<Struck[]> {
  const [first] = together;
  if (!first) return [];
  const others = pointOf[first.fault] && first.who === 'worker' ? await openedOrders(customers, 2) : [];
  const attempts = await Promise.allSettled(together.map((cell) => bring(customers, cell)));
  const stopped = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value] : []));
  // Whoever does not come back is told of with the cells, and the next blow is struck all the same.
  const blow = stopped.length > 0 ? hit(stopped, others, deaths) : Promise.resolve();
  await blow.catch(() => undefined);
  return attempts.map((attempt, i) => {
    const over =
      attempt.status === 'fulfilled' ? blow.then(() => ends(attempt.value)) : Promise.reject(attempt.reason as Error);
    over.catch(() => undefined); // it is looked at later
    return { cell: together[i] ?? first, over };
  });
}

async function hit(stopped: readonly Stopped[], others: readonly Order[], deaths: WorkerDeath[]): Promise<void> {
  const [{ cell }] = atLeastOne(stopped);
  if (pointOf[cell.fault]) return kill(stopped, others, deaths);
  if (cell.fault === 'time-out') return silence(stopped);
  return cell.fault === 'error' ? fail(stopped) : repeat(stopped);
}

/** Whether two ask the same at once in it, so that nobody is stopped. */
const isAskedTwice = ({ fault, who }: Cell): boolean => fault === 'duplicate' && (who === 'API' || who === 'Stripe');

/** Brings an order to the cell's step, and holds it there. */
async function bring(customers: Customers, cell: Cell): Promise<Stopped> {
  const { step, fault, who } = cell;
  const order = customers.order(step.plan, `${step.name}-${fault}-${who}`);
  const stage = { stack: customers.stack, order };
  await begin(order, step.from);
  if (step.asks.includes('Temporal')) await speaksToTemporal(stage, step.actor);
  if (isAskedTwice(cell) && step.again) {
    const going = goOn(order, step.from);
    going.catch(() => undefined);
    await step.again(stage);
    return { ...stage, cell, gate: nobody, going };
  }
  return stopAt(stage, cell, pointOf[fault] ?? pointToRepeat(cell) ?? 'before');
}

/** A connection that is made only now would be held where it begins, and not at the step. */
async function speaksToTemporal(stage: Stage, actor: Actor): Promise<void> {
  const { url } = serviceOf(actor, stage);
  await eventually(
    async () => ((await (await fetch(`${url}/health`)).json()) as HealthReport).checks.temporal?.status,
    (status) => status === 'ok',
    REACHED_WITHIN_MS,
  );
}

/** Where an answer is lost so that the step is done again: after it was done. */
function pointToRepeat({ fault, who }: Cell): Point | undefined {
  if (fault !== 'duplicate' || who === 'worker') return undefined;
  return who === 'PostgreSQL' ? 'committed' : 'after';
}

const nobody: Gate = {
  reached: async () => undefined,
  open: () => undefined,
  cut: () => undefined,
  refuse: () => undefined,
};

async function begin(order: Order, from: Cell['step']['from']): Promise<void> {
  if (from === 'nothing') return;
  await order.open();
  if (from === 'open') return;
  await order.confirm();
  await (from === 'confirmed' ? order.becomes('CONFIRMED') : order.paymentBecomes('AUTHORIZED'));
}

/** What the customer, or the operator, does from there. */
async function goOn(order: Order, from: Cell['step']['from']): Promise<void> {
  if (from === 'nothing') await order.open();
  if (from === 'confirmed') return order.refund();
  if (from === 'authorised') return order.capture();
  return order.goOn();
}

/** Puts up the gate, sets the customer going, and waits until somebody stands there. */
async function stopAt(stage: Stage, cell: Cell, point: Point): Promise<Stopped> {
  const make = cell.step.points(cell.who)[point];
  if (typeof make === 'string') throw new Error(`${cell.id} cannot be played: ${make}`);
  const gate = make(stage);
  const going = goOn(stage.order, cell.step.from);
  going.catch(() => undefined); // it is awaited when whoever was hit is back
  try {
    await gate.reached();
  } catch (error) {
    gate.open();
    throw new NotReached('the point was not reached', { cause: error });
  }
  return { ...stage, cell, gate, going };
}

/** The order ends as planned, and the same request after the end has the same answer. */
async function ends({ order, going }: Stopped): Promise<void> {
  await going;
  await order.ends();
  const before = order.opened?.body;
  const { body } = (await order.open()).opened ?? {};
  if (body?.paymentIntentId !== before?.paymentIntentId || body?.clientSecret !== before?.clientSecret)
    throw new Error(`order ${order.id} was answered with another payment when it was asked for again`);
}

/** @param others customers who pay while nobody is there to settle it */
async function kill(stopped: readonly Stopped[], others: readonly Order[], deaths: WorkerDeath[]): Promise<void> {
  const victims = [...new Set(stopped.map((stage) => processOf(stage.cell.who, stage)))];
  const killedAt = Date.now();
  await Promise.all(victims.map((victim) => victim.kill()));
  for (const { gate, cell } of stopped) if (takesPart(cell)) gate.cut();
  for (const { gate } of stopped) gate.open();
  await Promise.all(others.map((order) => order.confirm()));
  await Promise.all(victims.map((victim) => victim.ready()));
  if (stopped[0]?.cell.who === 'worker')
    for (const { startedAt, readyAt } of victims) deaths.push({ killedAt, startedAt, readyAt });
}

const takesPart = ({ step, who }: Cell): boolean => who === step.actor || step.asks.some((part) => part === who);

function openedOrders(customers: Customers, count: number): Promise<Order[]> {
  return Promise.all(Array.from({ length: count }, () => customers.order('paid', 'meanwhile').open()));
}

/** Somebody does not answer for longer than is waited. */
async function silence(stopped: readonly Stopped[]): Promise<void> {
  const [{ cell, stack }] = atLeastOne(stopped);
  if (cell.who === 'Kafka') {
    stack.kafka?.freeze();
    open(stopped);
    await delay(STANDSTILL_MS);
    stack.kafka?.thaw();
    return;
  }
  if (cell.who === cell.step.actor) {
    const frozen = new Set(stopped.map((stage) => processOf(cell.who, stage)));
    await Promise.all([...frozen].map((process) => process.standStill(STANDSTILL_MS)));
  } else await delay(cell.who === 'Stripe' ? STRIPE_SILENCE_MS : STANDSTILL_MS);
  open(stopped);
}

/** Whoever is asked says no, in a way that is worth another try. */
async function fail(stopped: readonly Stopped[]): Promise<void> {
  const [stage] = atLeastOne(stopped);
  const { cell, stack } = stage;
  if (cell.who === 'Temporal') {
    const reopen = serviceOf(cell.step.actor, stage).temporal.shut();
    for (const { gate } of stopped) gate.cut();
    await delay(AWAY_MS);
    reopen();
  } else if (cell.who === 'Kafka') {
    await stack.kafka?.down();
    open(stopped);
    await delay(AWAY_MS);
    await stack.kafka?.up();
  } else for (const { gate } of stopped) gate.refuse();
}

/** The step is done, nobody hears of it, and it is done again. */
async function repeat(stopped: readonly Stopped[]): Promise<void> {
  const [{ cell }] = atLeastOne(stopped);
  if (cell.who === 'worker') await takeOver(stopped);
  else for (const { gate } of stopped) gate.cut();
}

/** A worker stands still before the step, another does it, and then the first goes on where it was. */
async function takeOver(stopped: readonly Stopped[]): Promise<void> {
  const [{ stack }] = atLeastOne(stopped);
  stack.worker.process.freeze();
  const second = await stack.secondWorker();
  try {
    await Promise.all(stopped.map(({ order }) => order.ends()));
  } finally {
    stack.worker.process.thaw();
    open(stopped);
    await delay(500); // the late statements and calls are on their way; nothing is to be seen of them
    await second.stop();
  }
}

function open(stopped: readonly Stopped[]): void {
  for (const { gate } of stopped) gate.open();
}

function atLeastOne(stopped: readonly Stopped[]): readonly [Stopped, ...Stopped[]] {
  const [first, ...more] = stopped;
  if (!first) throw new Error('nobody was stopped');
  return [first, ...more];
}

function processOf(who: Who, { stack, order }: Stage): Mortal {
  const parts = { PostgreSQL: stack.postgres, Temporal: stack.temporal, Kafka: stack.kafka, Stripe: stack.emulator };
  if (!(who in parts)) return serviceOf(who as Actor, { stack, order }).process;
  const part = parts[who as keyof typeof parts];
  if (!part) throw new Error(`the stack runs without ${who}`);
  return part;
}
