/** The join of an order's rows, by rows written by hand: what came of what, and in which order it is told. */
import { describe, expect, test } from 'vitest';
import { timelineOf } from '../../operations/timeline/entries.js';
import type { Entry } from '../../operations/timeline/entry.js';
import { expectedOf } from '../../operations/timeline/expected.js';
import { inCausalOrder } from '../../operations/timeline/order.js';
import type { ChangeRow, EventRow, TimelineRows } from '../../operations/timeline/rows.js';

const at = (ms: number): Date => new Date(Date.UTC(2026, 0, 1) + ms);
const order = (status: string, paymentStatus: string, facts: number, more = {}) => ({
  status,
  paymentStatus,
  facts,
  needsAttention: false,
  undoing: false,
  ...more,
});
const change = (
  tx: number,
  subject: ChangeRow['subject'],
  was: ChangeRow['was'],
  became: ChangeRow['became'],
): ChangeRow => ({
  subject,
  object: subject === 'hold' ? 'mug' : subject,
  was,
  became,
  tx: String(tx),
  at: at(tx * 100),
});
const event = (more: Partial<EventRow>): EventRow => ({
  event_id: 'evt_1',
  type: 'payment_intent.succeeded',
  object_id: 'pi_1',
  state: 'APPLIED',
  reason: null,
  received_at: at(250),
  applied_at: at(300),
  applied_tx: '3',
  next_attempt_at: at(0),
  ...more,
});
const placed = [
  change(1, 'order', null, order('PENDING', 'PENDING', 1)),
  change(1, 'payment', null, { status: 'PENDING' }),
  change(1, 'hold', null, { status: 'HELD' }),
  change(2, 'order', order('PENDING', 'PENDING', 1), order('PROCESSING', 'PENDING', 3)),
];
const fact = (seq: number, topic: string, ms: number) => ({
  seq,
  topic,
  event_id: `e1:order:${topic}:${seq}`,
  created_at: at(ms),
  published_at: at(ms + 10),
});
const rowsOf = (more: Partial<TimelineRows>): TimelineRows => ({
  order: {
    id: 'order',
    status: 'PROCESSING',
    needs_attention: null,
    end_reason: null,
    expires_at: at(1_000),
    undo_started_at: null,
    created_at: at(100),
    payment_state: 'PENDING',
    intent_id: 'pi_1',
    requested_at: at(0),
  },
  changes: placed,
  facts: [],
  events: [],
  bookings: [],
  refunds: [],
  disputes: [],
  actions: [],
  letters: [],
  ...more,
});
const paid = [
  change(3, 'order', order('PROCESSING', 'PENDING', 3), order('CONFIRMED', 'PAID', 5)),
  change(3, 'payment', { status: 'PENDING' }, { status: 'COMPLETED' }),
  change(3, 'hold', { status: 'HELD' }, { status: 'COMMITTED' }),
];
const chain = (rows: TimelineRows) =>
  timelineOf(rows).entries.map(({ id, causedBy }) => `${id} < ${causedBy ?? 'outside'}`);

describe('an order says why', () => {
  test('it was paid: the event that was put into effect with it', () => {
    expect(chain(rowsOf({ changes: [...placed, ...paid], events: [event({})] }))).toEqual([
      'request:checkout < outside',
      'change:1 < request:checkout',
      'change:2 < change:1',
      'event:evt_1 < outside',
      'change:3 < event:evt_1',
    ]);
  });

  test('it was paid although nobody told: a look of our own', () => {
    const told = chain(rowsOf({ changes: [...placed, ...paid] }));
    expect(told.slice(-2)).toEqual(['look:3 < change:2', 'change:3 < look:3']);
  });

  test('it was undone: one decision, and every undo step because of it', () => {
    const undone = { undoing: true };
    const changes = [
      ...placed,
      change(3, 'order', order('PROCESSING', 'PENDING', 3), order('PROCESSING', 'PENDING', 3, undone)),
      change(4, 'hold', { status: 'HELD' }, { status: 'RELEASED' }),
      change(5, 'order', order('PROCESSING', 'CANCELLED', 5, undone), order('CANCELLED', 'CANCELLED', 6, undone)),
    ];
    const { order: open } = rowsOf({});
    const cancelled = { ...open, status: 'CANCELLED', end_reason: 'CANCELLED_BY_CUSTOMER' } as const;
    expect(chain(rowsOf({ order: cancelled, changes })).slice(-4)).toEqual([
      'decision:undo < outside',
      'change:3 < decision:undo',
      'change:4 < change:3',
      'change:5 < change:3',
    ]);
  });
});

test('facts are told by their numbers, each because of the change that told it, whatever their clocks say', () => {
  const facts = [fact(1, 'order.created', 100), fact(2, 'payment.initiated', 205), fact(3, 'order.updated', 200)];
  const told = timelineOf(rowsOf({ facts })).entries.filter(({ kind }) => kind === 'fact');
  expect(told.map(({ id, causedBy }) => [id, causedBy])).toEqual([
    ['fact:1', 'change:1'],
    ['fact:2', 'change:2'],
    ['fact:3', 'change:2'],
  ]);
});

test('an effect never stands before its cause, although its clock was ahead', () => {
  const entry = (id: string, ms: number, causedBy: string | null): Entry => ({
    id,
    at: at(ms),
    kind: 'webhook',
    name: id,
    what: id,
    causedBy,
    refs: {},
    changes: [],
  });
  const ordered = inCausalOrder([entry('effect', 1, 'cause'), entry('other', 2, null), entry('cause', 3, null)]);
  expect(ordered.map(({ id }) => id)).toEqual(['other', 'cause', 'effect']);
});

test('what comes next is said with its time, and nothing of an order that is over', () => {
  expect(expectedOf(rowsOf({}))).toEqual([
    { what: 'The customer pays; at this time the hold ends and the checkout is undone.', at: at(1_000) },
  ]);
  const { order: open } = rowsOf({});
  expect(expectedOf(rowsOf({ order: { ...open, status: 'CONFIRMED' } }))).toEqual([]);
});
