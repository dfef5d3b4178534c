/** The rows of an order as one list of what happened, each with what brought it about. Pure: the same rows, the same list. */
import { formatMoney } from '../../domain/money.js';
import { actionEntry, type Caused, causesOf, eventEntry, REQUEST, refundRequestEntry } from './causes.js';
import type { Entry } from './entry.js';
import { inCausalOrder } from './order.js';
import type { TimelineRows } from './rows.js';
import { type Step, type StepName, stepsOf } from './steps.js';

const sentences: Readonly<Record<StepName, string>> = {
  'order placed': 'The order was placed, its stock held and its payment about to be opened.',
  'out of stock': 'There was too little stock: the order was placed as cancelled.',
  'payment opened': 'The payment was opened, and the customer can pay.',
  'undo begun': 'The checkout began to be undone: no step that opens it can write any more.',
  'payment observed': 'Stripe said where the payment stands.',
  'payment ended': 'The payment ended at Stripe: no money can come by it.',
  'order paid': 'The money came: the order was confirmed and its stock sold.',
  'stock released': 'The stock went back into the pool.',
  'order cancelled': 'The order ended, cancelled.',
  'late money kept': 'Money came for the cancelled order and bought what was still there.',
  'refund noted': 'A refund was noted, to be made at Stripe.',
  'refund moved': 'Stripe said what has become of a refund.',
  'dispute moved': 'The customer’s bank moved in a dispute.',
  'put in front of a person': 'The order was put in front of a person.',
  'attended to': 'What was asked of a person is done.',
  unknown: 'Something changed for a reason that is not known here.',
};

export interface RowTimeline {
  readonly entries: readonly Entry[];
  readonly caused: readonly Caused[];
}

/** Every entry that rows can tell, in causal order. */
export function timelineOf(rows: TimelineRows): RowTimeline {
  const { caused, inferred } = causesOf(rows, stepsOf(rows.changes));
  const steps = caused.map(({ step }) => step);
  const entries = [
    ...requests(rows),
    ...events(rows),
    ...operators(rows),
    ...inferred,
    ...caused.map(changeEntry),
    ...facts(rows, steps),
    ...bookings(rows, steps),
    ...returns(rows, steps),
    ...letters(rows),
  ];
  return { entries: inCausalOrder(entries), caused };
}

const base = { causedBy: null, refs: {}, changes: [] } as const;

function changeEntry({ step, causedBy }: Caused): Entry {
  const { id, at, name, changes, tx } = step;
  return { ...base, id, at, kind: 'change', name, what: sentences[name], causedBy, refs: { tx }, changes };
}

function requests({ order, refunds }: TimelineRows): Entry[] {
  const checkout: Entry = {
    ...base,
    id: REQUEST,
    at: order.requested_at ?? order.created_at,
    kind: 'request',
    name: 'checkout',
    what: 'The customer asked for a checkout.',
  };
  const asked = refunds.flatMap(({ id, requested_by, amount_minor, currency, created_at }): Entry[] => {
    if (requested_by === null) return [];
    const money = formatMoney({ minor: Number(amount_minor), currency });
    const what = `${requested_by} asked for a refund of ${money}.`;
    return [
      {
        ...base,
        id: refundRequestEntry(id),
        at: created_at,
        kind: 'request',
        name: 'refund',
        what,
        refs: { refundId: id },
      },
    ];
  });
  return [checkout, ...asked];
}

const events = (rows: TimelineRows): Entry[] =>
  rows.events.map(({ event_id, type, object_id, state, reason, received_at, applied_at }) => ({
    ...base,
    id: eventEntry(event_id),
    at: received_at,
    kind: 'webhook',
    name: type,
    what: `${event_id.startsWith('reconcile:') ? 'Reconciliation found' : 'Stripe told'} ${type}; it is ${state}${reason === null ? '' : ` (${reason})`}.`,
    refs: {
      eventId: event_id,
      state,
      ...(object_id === null ? {} : { objectId: object_id }),
      ...(applied_at === null ? {} : { appliedAt: applied_at.toISOString() }),
    },
  }));

const operators = (rows: TimelineRows): Entry[] =>
  rows.actions.map(({ id, actor, action, reason, event_id, dead_letter_id, outcome, answer, at }) => ({
    ...base,
    id: actionEntry(id),
    at,
    kind: 'operator',
    name: action,
    what: `${actor} decided: ${action}${reason === null ? '' : ` (${reason})`}; it is ${outcome}${answer === null ? '' : `: ${answer}`}.`,
    causedBy: event_id === null ? (dead_letter_id === null ? null : `letter:${dead_letter_id}`) : eventEntry(event_id),
    refs: { actor, outcome },
  }));

function facts(rows: TimelineRows, steps: readonly Step[]): Entry[] {
  return rows.facts.map(({ seq, topic, event_id, created_at, published_at }) => ({
    ...base,
    id: `fact:${seq}`,
    at: created_at,
    kind: 'fact',
    name: topic,
    what: published_at === null ? `${topic} was told and waits for Kafka.` : `${topic} was told.`,
    causedBy: steps.find((step) => step.facts.first <= seq && seq <= step.facts.last)?.id ?? null,
    refs: { eventId: event_id, sequence: String(seq) },
  }));
}

function bookings(rows: TimelineRows, steps: readonly Step[]): Entry[] {
  return rows.bookings.map(({ transaction, source, debit, credit, minor, currency, tx, created_at }) => ({
    ...base,
    id: `ledger:${transaction}`,
    at: created_at,
    kind: 'ledger',
    name: transaction.slice(transaction.lastIndexOf(':') + 1),
    what: `${formatMoney({ minor: Number(minor), currency })} was booked from ${credit} to ${debit}.`,
    // A fee that became known later is booked by a statement that changes no state.
    causedBy: steps.find((step) => step.tx === tx)?.id ?? steps.findLast(({ at }) => at <= created_at)?.id ?? null,
    refs: { source },
  }));
}

/** Units that came back with a refund; their pool tells of itself by product. */
function returns({ refunds }: TimelineRows, steps: readonly Step[]): Entry[] {
  return refunds.flatMap(({ id, restocked_at }): Entry[] => {
    if (restocked_at === null) return [];
    const made = steps.find(({ name, object }) => name === 'refund moved' && object === id);
    const what = 'The units that came back with the refund are in the pool again.';
    return [
      {
        ...base,
        id: `stock:${id}`,
        at: restocked_at,
        kind: 'stock',
        name: 'returned',
        what,
        causedBy: made?.id ?? null,
        refs: { refundId: id },
      },
    ];
  });
}

function letters(rows: TimelineRows): Entry[] {
  return rows.letters.map(({ id, service, state, topic, event_id, error, buried_at }) => ({
    ...base,
    id: `letter:${id}`,
    at: buried_at,
    kind: 'dead-letter',
    name: topic ?? 'unknown topic',
    what: `Service ${service} gave up on a record (${error ?? 'no reason given'}); it is ${state}.`,
    causedBy: factOf(rows, event_id),
    refs: { deadLetterId: id },
  }));
}

function factOf({ facts: told }: TimelineRows, eventId: string | null): string | null {
  const fact = told.find(({ event_id }) => event_id === eventId);
  return fact ? `fact:${fact.seq}` : null;
}
