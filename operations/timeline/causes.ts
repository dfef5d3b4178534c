/** Why each step happened: exactly one cause, which is an entry that stands before it. */
import { destinationOf } from '../../domain/webhooks/event-types.js';
import type { Entry } from './entry.js';
import type { EventRow, TimelineRows } from './rows.js';
import type { Step, StepName } from './steps.js';

export const REQUEST = 'request:checkout';
const DECISION = 'decision:undo';
export const eventEntry = (eventId: string): string => `event:${eventId}`;
export const actionEntry = (id: string): string => `operator:${id}`;
export const refundRequestEntry = (refundId: string): string => `request:${refundId}`;

export interface Caused {
  readonly step: Step;
  readonly causedBy: string;
}

const undoSteps: readonly StepName[] = ['payment ended', 'stock released', 'order cancelled'];

/** @returns each step with its cause, and the entries that no row is for: why a checkout was given up, and looks of our own */
export function causesOf(
  rows: TimelineRows,
  steps: readonly Step[],
): { readonly caused: readonly Caused[]; readonly inferred: readonly Entry[] } {
  const inferred: Entry[] = [];
  const caused: Caused[] = [];
  const before = (name: StepName): Step | undefined => caused.findLast(({ step }) => step.name === name)?.step;

  /** The platform read Stripe without having been told: at a deadline, for a capture, on its daily look. */
  const look = (step: Step, because: string): string => {
    const id = `look:${step.tx}`;
    const name = 'own look';
    const what = `The platform read at Stripe what is true, without an event: ${because}.`;
    inferred.push({ id, at: step.at, kind: 'look', name, what, causedBy: lastBefore(caused), refs: {}, changes: [] });
    return id;
  };
  const decision = (step: Step): string => {
    const reason = rows.order.end_reason ?? 'not told yet';
    const causedBy = whyGivenUp(rows, step, caused);
    const what = `The checkout was given up (${reason}).`;
    inferred.push({ id: DECISION, at: step.at, kind: 'decision', name: reason, what, causedBy, refs: {}, changes: [] });
    return DECISION;
  };

  for (const step of steps) caused.push({ step, causedBy: causeOf(step) });
  return { caused, inferred };

  function causeOf(step: Step): string {
    const applied = rows.events.find(({ applied_tx }) => applied_tx === step.tx);
    switch (step.name) {
      case 'order placed':
      case 'out of stock':
        return REQUEST;
      case 'payment opened':
        return before('order placed')?.id ?? REQUEST;
      case 'undo begun':
        return decision(step);
      case 'payment ended':
      case 'stock released':
      case 'order cancelled':
        return operatorsWord(step) ?? before('undo begun')?.id ?? decision(step);
      case 'payment observed':
      case 'order paid':
        if (applied) return eventEntry(applied.event_id);
        return (
          before('undo begun')?.id ?? look(step, 'a capture, a deadline, or the hourly look at a payment on its way')
        );
      case 'refund noted':
        return (
          askedFor(step) ??
          heard(step, ['payment_intent.succeeded']) ??
          look(step, 'money came for the cancelled order')
        );
      case 'refund moved':
        return ours(step) ?? heard(step) ?? look(step, 'a refund is under way');
      case 'dispute moved':
      case 'late money kept':
        return heard(step, ['payment_intent.succeeded']) ?? look(step, 'the daily look at what is under way');
      case 'put in front of a person':
        return before('undo begun') && rows.order.status !== 'CONFIRMED' && !before('order cancelled')
          ? (before('undo begun')?.id ?? DECISION)
          : (heard(step) ?? dead(step) ?? look(step, 'something was found that asks for a person'));
      case 'attended to':
        return attendedBy(step) ?? look(step, 'what was asked for is over');
      default:
        return look(step, 'the reason is not known');
    }
  }

  /** A parked undo that went on because an operator said so. */
  function operatorsWord(step: Step): string | undefined {
    const since = caused.findLast(({ step: { name } }) => undoSteps.includes(name))?.step.at ?? new Date(0);
    const word = rows.actions.findLast(
      ({ action, outcome, at }) =>
        (action === 'skip' || action === 'resolve') &&
        outcome !== 'REFUSED' &&
        outcome !== 'WAITING' &&
        at <= step.at &&
        at >= since,
    );
    return before('put in front of a person') && word ? actionEntry(word.id) : undefined;
  }

  /** An event of the money that was known and not yet in effect when the step was made; the one about its object first. */
  function heard(step: Step, also: readonly string[] = []): string | undefined {
    const refund = rows.refunds.find(({ id }) => id === step.object);
    const isAbout = ({ object_id }: EventRow): boolean =>
      object_id !== null && (object_id === step.object || object_id === refund?.provider_id);
    const known = rows.events.filter(
      ({ type, received_at, applied_at }) =>
        (destinationOf(type) === 'after-sale' || also.includes(type)) &&
        received_at <= step.at &&
        (applied_at === null || applied_at >= step.at),
    );
    const event = known.find(isAbout) ?? known[0];
    return event && eventEntry(event.event_id);
  }

  /** A refund that was asked for here is made because of that; what becomes of it later has causes of its own. */
  function ours(step: Step): string | undefined {
    const noted = caused.find((earlier) => earlier.step.name === 'refund noted' && earlier.step.object === step.object);
    const isFirst = !caused.some(({ step: { name, object } }) => name === 'refund moved' && object === step.object);
    return isFirst ? noted?.step.id : undefined;
  }

  function askedFor({ object }: Step): string | undefined {
    const refund = rows.refunds.find(({ id }) => id === object);
    return refund?.requested_by ? refundRequestEntry(refund.id) : undefined;
  }

  function dead(step: Step): string | undefined {
    const event = rows.events.findLast(({ received_at, applied_at }) => received_at <= step.at && applied_at === null);
    return event && eventEntry(event.event_id);
  }

  function attendedBy({ facts }: Step): string | undefined {
    const told = rows.facts.find(({ seq }) => seq === facts.last)?.event_id ?? '';
    const action = rows.actions.find(({ id }) => told.endsWith(`:attended:${id}`));
    return action && actionEntry(action.id);
  }
}

const lastBefore = (caused: readonly Caused[]): string => caused.at(-1)?.step.id ?? REQUEST;

/** What made a checkout end: an event that was put into effect, a deadline set when it was placed, or a person. */
function whyGivenUp({ order, events }: TimelineRows, step: Step, caused: readonly Caused[]): string | null {
  if (order.end_reason === 'CANCELLED_BY_CUSTOMER' || order.end_reason === 'CANCELLED_BY_OPERATOR') return null;
  const toldSo = events.findLast(
    ({ type, received_at, applied_at }) =>
      destinationOf(type) === 'checkout' && received_at <= step.at && applied_at !== null && applied_at <= step.at,
  );
  if (toldSo && order.end_reason !== 'EXPIRED') return eventEntry(toldSo.event_id);
  return lastBefore(caused);
}
