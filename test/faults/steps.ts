/** The steps of a checkout, and at which statement, call or message each can be stopped. The matrix is made of this list. */
import { eventually } from '../support/eventually.js';
import type { Order, OrderPlan } from './customers.js';
import type { Door } from './door.js';
import type { Gate, Point } from './gate.js';
import type { Wanted } from './postgres-proxy.js';
import type { FaultStack, Service } from './stack.js';

export const everybody = ['API', 'worker', 'relay', 'dispatcher', 'PostgreSQL', 'Temporal', 'Kafka', 'Stripe'] as const;
export type Who = (typeof everybody)[number];
export type Part = Extract<Who, 'PostgreSQL' | 'Temporal' | 'Kafka' | 'Stripe'>;
export type Actor = Exclude<Who, Part>;

/** A step as it happens to one order. */
export interface Stage {
  readonly stack: FaultStack;
  readonly order: Order;
}
type MakeGate = (stage: Stage) => Gate;
/** A point that a step has, or why it has none. */
export type Points = Readonly<Record<Point, MakeGate | string>>;

export interface Step {
  readonly name: string;
  readonly of: 'forward' | 'undo' | 'after the sale' | 'told';
  readonly actor: Actor;
  readonly plan: OrderPlan;
  /** how far the order is when the step begins */
  readonly from: 'nothing' | 'open' | 'confirmed' | 'authorised';
  /** whom the actor asks in it */
  readonly asks: readonly Part[];
  /** where it is stopped when this one is to be hit */
  readonly points: (who: Who) => Points;
  /** how the actor is made to do it twice, where two can ask the same of it at once */
  readonly again?: (stage: Stage) => Promise<unknown>;
}

const DONE_IS_STORED = 'what it has done is stored: it is killed after the effect, and there is no moment between';

/** A step that is one statement, or one transaction, of an actor. */
function statement(name: string, step: Omit<Step, 'name' | 'asks' | 'points'>, text: RegExp): Step {
  const at = (point: Point) => (stage: Stage) =>
    serviceOf(step.actor, stage).database.gate({ text, about: wordsOf(stage, text) }, point);
  const points: Points = { before: at('before'), after: at('after'), committed: at('committed') };
  return { name, ...step, asks: ['PostgreSQL'], points: () => points };
}

/** The webhook's row knows the intent alone; every other statement names the order. */
const wordsOf = ({ order }: Stage, text: RegExp): readonly string[] =>
  text === storeWebhook ? [order.intentId, 'payment_intent.succeeded'] : [order.id];

/** A step that is one call to Stripe. */
function call(name: string, step: Pick<Step, 'of' | 'plan' | 'from'>, method: string, path: RegExp): Step {
  const at = (point: 'before' | 'after') => (stage: Stage) =>
    stage.stack.stripe.gate({ method, path, about: stage.order.intentId || stage.order.id }, point);
  const points: Points = {
    before: at('before'),
    after: at('after'),
    committed: 'what Stripe has done is written by the step after this one, and played there',
  };
  return { name, ...step, actor: 'worker', asks: ['Stripe'], points: () => points };
}

/** A step that is one message to Temporal. @param isThere whether it is time to hold it @param isTaken whether Temporal has it */
function message(
  name: string,
  step: Omit<Step, 'name' | 'asks' | 'points'>,
  isThere: (stage: Stage) => Promise<boolean>,
  isTaken: (stage: Stage) => Promise<boolean>,
): Step {
  const door = (stage: Stage): Door => serviceOf(step.actor, stage).temporal;
  const points: Points = {
    before: (stage) => door(stage).freeze('in', () => isThere(stage)),
    after: (stage) => door(stage).freeze('out', () => isTaken(stage)),
    committed: DONE_IS_STORED,
  };
  return { name, ...step, asks: ['Temporal'], points: () => points };
}

/** One gate behind another: the second is put up while somebody stands at the first. */
function behind(first: Gate, next: () => Promise<Gate>): Gate {
  let second: Gate | undefined;
  const both = (how: (gate: Gate) => void): void => {
    if (second) how(second);
    first.open();
  };
  return {
    reached: async (withinMs) => {
      await first.reached(withinMs);
      second = await next();
      first.open();
      await second.reached(withinMs);
    },
    open: () => both((gate) => gate.open()),
    cut: () => both((gate) => gate.cut()),
    refuse: () => both((gate) => gate.refuse()),
  };
}

export function serviceOf(actor: Actor, { stack, order }: Stage): Service {
  if (actor === 'worker') return stack.worker;
  return actor === 'API' ? order.service : stack.relay;
}

const exists = async ({ stack }: Stage, table: 'checkout_request' | 'orders', { id }: Order): Promise<boolean> => {
  const [row] =
    table === 'orders'
      ? await stack.db.$queryRaw<unknown[]>`SELECT 1 FROM orders WHERE id = ${id}`
      : await stack.db.$queryRaw<unknown[]>`SELECT 1 FROM checkout_request WHERE order_id = ${id}`;
  return row !== undefined;
};
const isAccepted = (stage: Stage) => exists(stage, 'checkout_request', stage.order);
const isPlaced = (stage: Stage) => exists(stage, 'orders', stage.order);
const isConfirmed = async ({ order }: Stage) => (await order.row())?.status === 'CONFIRMED';

async function eventOf({ stack, order }: Stage): Promise<string | undefined> {
  const [row] = await stack.db.$queryRaw<{ event_id: string }[]>`
    SELECT event_id FROM webhook_inbox WHERE intent_id = ${order.intentId} AND type = 'payment_intent.succeeded'`;
  return row?.event_id;
}

/** Stripe sends its event another time. */
async function tellAgain(stage: Stage): Promise<void> {
  const event = await eventually(() => eventOf(stage));
  await fetch(`${stage.stack.stripeUrl}/_emulator/events/${event}/resend`, { method: 'POST', body: '{}' });
}

const askTwice =
  (what: 'open' | 'refund') =>
  ({ order }: Stage) =>
    Promise.allSettled([order.ask(what), order.ask(what)]);

const storeWebhook = /INSERT INTO webhook_inbox/;
const settle = /SET status = 'CONFIRMED', payment_status = 'PAID', needs_attention/;
const read: RegExp = /FROM outbox WHERE bucket = ANY/;
const archive = /DELETE FROM outbox WHERE id = ANY/;
const claim = /WITH due AS/;
const moveRow = /UPDATE webhook_inbox SET state = /;

/** The relay has read the order's facts from the outbox, and goes on to publish them. */
const factsRead = ({ stack, order }: Stage): Gate =>
  stack.relay.database.gate({ text: read, answer: order.id }, 'committed');
const archiving = (point: Point) => (stage: Stage) =>
  behind(factsRead(stage), async () => stage.stack.relay.database.gate({ text: archive }, point));

/** The dispatcher has claimed the order's event, which the API could not tell, and goes on to tell it. */
function claimed(stage: Stage): Gate {
  const open = stage.order.service.temporal.shut();
  const wanted: Wanted = { text: claim, answer: stage.order.intentId };
  const gate = stage.stack.relay.database.gate(wanted, 'committed');
  const ending = (how: () => void) => (): void => {
    open();
    how();
  };
  return {
    reached: async (withinMs) => {
      await gate.reached(withinMs).finally(open);
    },
    open: ending(() => gate.open()),
    cut: ending(() => gate.cut()),
    refuse: ending(() => gate.refuse()),
  };
}
const moving = (point: Point) => (stage: Stage) =>
  behind(claimed(stage), async () => {
    const about = await eventually(() => eventOf(stage));
    return stage.stack.relay.database.gate({ text: moveRow, about: [String(about)] }, point);
  });
const telling = (direction: 'in' | 'out', isThere: (stage: Stage) => Promise<boolean>) => (stage: Stage) =>
  behind(claimed(stage), async () => stage.stack.relay.temporal.freeze(direction, () => isThere(stage)));
const settled = (direction: 'in' | 'out', isThere: (stage: Stage) => Promise<boolean>) => (stage: Stage) =>
  behind(stage.stack.worker.database.gate({ text: settle, about: [stage.order.id] }, 'committed'), async () =>
    stage.stack.worker.temporal.freeze(direction, () => isThere(stage)),
  );

async function hasEnded({ stack, order }: Stage): Promise<boolean> {
  return (await stack.workflowStatus(order.id)) === 'COMPLETED';
}

const paying = { of: 'forward', plan: 'paid' } as const;
const opening = { ...paying, from: 'nothing' } as const;
const undoing = { of: 'undo', actor: 'worker', from: 'open' } as const;
const confirmTold: Points = {
  before: settled('in', async () => true),
  after: settled('out', hasEnded),
  committed: DONE_IS_STORED,
};

export const steps: readonly Step[] = [
  statement('accept request', { ...opening, actor: 'API', again: askTwice('open') }, /INSERT INTO checkout_request/),
  message('start checkout', { ...opening, actor: 'API', again: askTwice('open') }, isAccepted, isPlaced),
  statement('place order, hold stock', { ...opening, actor: 'worker' }, /INSERT INTO orders \(id, user_id, status/),
  call('create intent', opening, 'POST', /^\/v1\/payment_intents$/),
  statement('write payment', { ...opening, actor: 'worker' }, /UPDATE orders SET status = 'PROCESSING'/),
  statement('receive webhook', { ...paying, from: 'open', actor: 'API', again: tellAgain }, storeWebhook),
  message(
    'signal checkout',
    { ...paying, from: 'open', actor: 'API', again: tellAgain },
    async (stage) => (await eventOf(stage)) !== undefined,
    isConfirmed,
  ),
  call('read intent', { ...paying, from: 'open' }, 'GET', /^\/v1\/payment_intents\/pi_\w+$/),
  statement('settle', { ...paying, from: 'open', actor: 'worker' }, settle),
  { name: 'tell Temporal', ...paying, from: 'open', actor: 'worker', asks: ['Temporal'], points: () => confirmTold },
  statement('mark undo', { ...undoing, plan: 'cancelled' }, /undo_started_at = coalesce\(orders\.undo_started_at/),
  call(
    'cancel payment',
    { of: 'undo', plan: 'declined', from: 'open' },
    'POST',
    /^\/v1\/payment_intents\/pi_\w+\/cancel$/,
  ),
  statement('write cancellation', { ...undoing, plan: 'cancelled' }, /ended AS \(\s*UPDATE payment SET status/),
  statement('release stock', { ...undoing, plan: 'declined' }, /undo_started_at IS NOT NULL\s+FOR UPDATE/),
  statement('cancel order', { ...undoing, plan: 'cancelled' }, /SET status = 'CANCELLED', payment_status/),
  statement(
    'ask for refund',
    { of: 'after the sale', plan: 'refunded', from: 'confirmed', actor: 'API', again: askTwice('refund') },
    /INSERT INTO refund \(id, order_id, amount_minor/,
  ),
  call('make refund', { of: 'after the sale', plan: 'refunded', from: 'confirmed' }, 'POST', /^\/v1\/refunds$/),
  statement(
    'write refund',
    { of: 'after the sale', plan: 'refunded', from: 'confirmed', actor: 'worker' },
    /INSERT INTO refund \(id, order_id, provider_id/,
  ),
  call('capture', { of: 'after the sale', plan: 'captured', from: 'authorised' }, 'POST', /\/capture$/),
  {
    ...{ name: 'publish facts', of: 'told', actor: 'relay', plan: 'paid', from: 'open', asks: ['Kafka', 'PostgreSQL'] },
    points: (who) =>
      who === 'PostgreSQL'
        ? { before: archiving('before'), after: archiving('after'), committed: archiving('committed') }
        : {
            before: factsRead,
            after: archiving('before'),
            committed: who === 'Kafka' ? DONE_IS_STORED : archiving('committed'),
          },
  },
  {
    ...{
      name: 'tell again',
      of: 'told',
      actor: 'dispatcher',
      plan: 'paid',
      from: 'open',
      asks: ['Temporal', 'PostgreSQL'],
    },
    points: (who) =>
      who === 'PostgreSQL'
        ? { before: moving('before'), after: moving('after'), committed: moving('committed') }
        : who === 'Temporal'
          ? { before: telling('in', async () => true), after: telling('out', isConfirmed), committed: DONE_IS_STORED }
          : { before: claimed, after: moving('before'), committed: moving('committed') },
  },
];
