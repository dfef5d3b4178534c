/**
 * What the activities of one workflow answer, attempt by attempt, and what they were asked. An attempt that no answer was
 * written for is refused, and ends the workflow otherwise than its test expects.
 */
import { Context, type Info } from '@temporalio/activity';
import { ApplicationFailure, type RetryPolicy } from '@temporalio/common';
import type { AfterSaleActivities } from '../../activities/after-sale.js';
import type { CheckoutActivities } from '../../activities/checkout.js';
import type { ReconciliationActivities } from '../../activities/reconciliation.js';
import type { RefusalCode } from '../../contract/refusals.js';
import { currentTrace } from '../../platform/trace.js';

type Activities = CheckoutActivities & AfterSaleActivities & ReconciliationActivities;
export type ActivityName = keyof Activities;
type Input<N extends ActivityName> = Parameters<Activities[N]>[0];
type Result<N extends ActivityName> = Awaited<ReturnType<Activities[N]>>;

/** The stock's hold, as opening was last asked for it. */
export interface Hold {
  readonly untilMs: number;
}
/** What one attempt does. */
export type Answer<N extends ActivityName> = (input: Input<N>, hold: Hold) => Promise<Result<N>>;
type Performance = (input: never, hold: Hold) => Promise<unknown>;
/** For each activity its attempts, in order, local ones and regular ones alike. */
export type Script = { readonly [N in ActivityName]?: Iterable<Answer<N>> };

/** One attempt, as Temporal describes it to the activity. */
export interface Call {
  readonly activity: ActivityName;
  readonly input: unknown;
  readonly attempt: number;
  readonly local: boolean;
  readonly startToCloseMs: number;
  /** after which a silent attempt is over; undefined for a local one */
  readonly heartbeatMs: number | undefined;
  /** for all attempts together; null where they may go on for ever */
  readonly scheduleToCloseMs: number | null;
}

export interface Attempt {
  readonly call: Call;
  readonly atMs: number;
  /** the trace in which it is done */
  readonly traceparent: string | undefined;
  /** of local activities only: the test server does not tell it of others */
  readonly retry: RetryPolicy | undefined;
}

export interface Played {
  readonly attempts: readonly Attempt[];
  /** the names of the attempts whose effect has taken place, answered or not */
  readonly effects: readonly ActivityName[];
  /** from now on these activities answer otherwise */
  change(script: Script): void;
  perform(activity: ActivityName, input: object): Promise<unknown>;
}

/** Time as the server has it. */
export interface Time {
  nowMs(): Promise<number>;
  pass(ms: number): Promise<void>;
}

/** The attempt runs into its time-out. */
class OutOfTime extends Error {
  constructor(readonly isDone: boolean) {
    super();
  }
}

export const returns =
  <R>(result: R) =>
  (): Promise<R> =>
    Promise.resolve(result);

/** The business's no. */
export const refuses =
  (type: RefusalCode, message = `refused: ${type}`) =>
  (): Promise<never> =>
    Promise.reject(ApplicationFailure.create({ type, message, nonRetryable: true, category: 'BENIGN' }));

/** Worth another try. */
export const fails = (): Promise<never> =>
  Promise.reject(ApplicationFailure.create({ type: 'ProviderUnavailable', message: 'Stripe answered 503' }));

/** Nothing comes of it until its time is over. */
export const hangs = (): Promise<never> => Promise.reject(new OutOfTime(false));

/** It is done, and its answer never arrives. */
export const losesItsAnswer = (): Promise<never> => Promise.reject(new OutOfTime(true));

/** An answer that waits until the test lets it go. */
export function held<A extends (...args: never[]) => Promise<unknown>>(answer: A): Held<A> {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const waiting = async (...args: Parameters<A>) => {
    await released;
    return answer(...args);
  };
  return { answer: waiting as A, release: () => release() };
}

export interface Held<A> {
  readonly answer: A;
  release(): void;
}

export function* times<A>(count: number, answer: A): Iterable<A> {
  for (let n = 0; n < count; n += 1) yield answer;
}

export function* forEver<A>(answer: A): Iterable<A> {
  for (;;) yield answer;
}

export function play(script: Script, time: Pick<Time, 'nowMs'>): Played {
  const attempts: Attempt[] = [];
  const effects: ActivityName[] = [];
  const written = new Map<string, Iterator<Performance>>();
  let hold: Hold = { untilMs: 0 };
  const change = (answers: Script): void => {
    for (const [activity, performances] of Object.entries(answers))
      written.set(activity, performances[Symbol.iterator]());
  };
  const next = (activity: ActivityName): Performance => {
    const performance = written.get(activity)?.next();
    return performance?.done === false
      ? performance.value
      : refuses('OrderConflict', `${activity} is not in the script`);
  };
  change(script);
  return {
    attempts,
    effects,
    change,
    perform: async (activity, input) => {
      const { info, cancelled } = Context.current();
      const { traceparent } = currentTrace() ?? {};
      const call = describe(activity, input, info);
      attempts.push({ call, atMs: await time.nowMs(), traceparent, retry: info.retryPolicy });
      if ('expiresAtMs' in input) hold = { untilMs: Number(input.expiresAtMs) };
      try {
        const result = await next(activity)(input as never, hold);
        effects.push(activity);
        return result;
      } catch (error) {
        if (!(error instanceof OutOfTime)) throw error;
        if (error.isDone) effects.push(activity);
        return cancelled;
      }
    },
  };
}

/** What the test server says where there is no limit: ten years. */
const NO_LIMIT_MS = 315_360_000_000;

const describe = (activity: ActivityName, input: unknown, info: Info): Call => ({
  activity,
  input,
  attempt: info.attempt,
  local: info.isLocal,
  startToCloseMs: info.startToCloseTimeoutMs,
  heartbeatMs: info.heartbeatTimeoutMs,
  scheduleToCloseMs: info.scheduleToCloseTimeoutMs < NO_LIMIT_MS ? info.scheduleToCloseTimeoutMs : null,
});
