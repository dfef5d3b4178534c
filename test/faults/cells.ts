/** The matrix: every step × every fault × everybody. What cannot be is in it too, with the reason. */
import type { Point } from './gate.js';
import { everybody, type Step, steps, type Who } from './steps.js';

export const faults = [
  'killed before the effect',
  'killed after the effect',
  'killed after the commit',
  'time-out',
  'duplicate',
  'error',
] as const;
export type Fault = (typeof faults)[number];

export interface Cell {
  readonly id: string;
  readonly step: Step;
  readonly fault: Fault;
  readonly who: Who;
  /** why it cannot be; null where it is played */
  readonly impossible: string | null;
}

export const pointOf: Readonly<Partial<Record<Fault, Point>>> = {
  'killed before the effect': 'before',
  'killed after the effect': 'after',
  'killed after the commit': 'committed',
};

export const cells: readonly Cell[] = steps.flatMap((step) =>
  everybody.flatMap((who) =>
    faults.map((fault) => ({
      ...{ id: `${step.name} / ${fault} / ${who}`, step, fault, who },
      impossible: whyNot(step, fault, who),
    })),
  ),
);

function isInRelay(who: Who): boolean {
  return who === 'relay' || who === 'dispatcher';
}

function whyNot(step: Step, fault: Fault, who: Who): string | null {
  const { actor } = step;
  if (isInRelay(who) && isInRelay(actor) && who !== actor)
    return `relay and dispatcher are one process: played as the ${actor}`;
  const isAsked = step.asks.some((part) => part === who);
  if (who !== actor && !isAsked) return whyNotBystander(step, fault, who);
  const point = pointOf[fault];
  if (point) {
    const at = step.points(who)[point];
    return typeof at === 'string' ? at : null;
  }
  if (who === actor && fault === 'error')
    return 'an error inside a process is that of a part it asks, played there, or a crash, played as a kill';
  if (who === 'Kafka' && fault === 'duplicate')
    return 'a record whose acknowledgement is lost is sent again by the relay: played as the relay’s';
  return null;
}

function whyNotBystander({ name }: Step, fault: Fault, who: Who): string | null {
  if (who === 'dispatcher') return 'it takes no part, and lives in the relay’s process, which is killed';
  if (who === 'Stripe' && name === 'receive webhook' && fault === 'duplicate') return null;
  if (fault === 'killed before the effect') return null;
  if (fault.startsWith('killed')) return 'it takes no part: its death is the same at every point of the step';
  return 'it takes no part: nothing is asked of it';
}
