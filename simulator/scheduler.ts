/**
 * One thing after the other, and chance says which: every strand of work (an activity's attempt, a customer, a webhook on
 * its way) stops where another could come in between, and goes on when it is picked. So a seed is a schedule.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Random } from './random.js';

/** What may happen next. */
interface Task {
  readonly saga: number;
  readonly what: string;
  readonly go: () => void;
}

interface Timer extends Task {
  readonly dueMs: number;
}

interface Strand {
  readonly saga: number;
}

export class Scheduler {
  private readonly strands = new AsyncLocalStorage<Strand>();
  private readonly ready: Task[] = [];
  /** per saga: how much of it is ready, and what only time will make so */
  private readonly pending = new Map<number, number>();
  private readonly timers = new Map<number, Set<Timer>>();
  private readonly clocks = new Map<number, number>();
  private readonly startMs = Date.now();
  private yielded: (() => void) | undefined;
  private failure: { readonly error: unknown } | undefined;
  private standsStill = false;
  steps = 0;

  constructor(
    private readonly chance: Random,
    /** told of each step, in order */
    private readonly tell: (saga: number, what: string) => void,
  ) {}

  /** A saga's time in ms since the epoch: it stands still while anything happens and leaps to the next timer. */
  nowMs(saga: number): number {
    return this.clocks.get(saga) ?? this.startMs;
  }

  /** @param standsStill while true no timer fires, however idle a saga is */
  stopTime(standsStill: boolean): void {
    this.standsStill = standsStill;
    for (const saga of this.timers.keys()) this.wake(saga);
  }

  /** Time leaps to the saga's next timer, whatever else it could do. */
  leap(saga: number): void {
    const next = this.nextTimer(saga);
    if (next && this.timers.get(saga)?.delete(next)) this.fire(next);
  }

  /** Time goes by in a saga while something takes its time. */
  pass(saga: number, ms: number): void {
    this.clocks.set(saga, this.nowMs(saga) + ms);
  }

  /** Work that begins when it is picked, and goes on by itself as far as its next pause. */
  spawn(saga: number, what: string, work: () => Promise<void>): void {
    this.push({
      saga,
      what,
      go: () =>
        void this.strands.run({ saga }, work).then(
          () => this.giveWay(),
          (error: unknown) => {
            this.failure ??= { error };
            this.giveWay();
          },
        ),
    });
  }

  /** Here something else may come in between. Outside of a strand nothing may. */
  pause(what: string): Promise<void> {
    const strand = this.strands.getStore();
    if (!strand) return Promise.resolve();
    return new Promise((resolve) => {
      this.push({ saga: strand.saga, what, go: resolve });
      this.giveWay();
    });
  }

  /** Waits for what another strand brings about. */
  async until<T>(what: string, event: Promise<T>): Promise<T> {
    const strand = this.strands.getStore();
    if (!strand) return event;
    return new Promise((resolve, reject) => {
      const goOn = (go: () => void) => this.push({ saga: strand.saga, what, go });
      event.then(
        (value) => goOn(() => resolve(value)),
        (error: unknown) => goOn(() => reject(error instanceof Error ? error : new Error(String(error)))),
      );
      this.giveWay();
    });
  }

  /** The saga of the strand that runs; undefined outside of one. */
  get saga(): number | undefined {
    return this.strands.getStore()?.saga;
  }

  /**
   * Runs `go` once the saga has nothing else to do and this is its next timer, or, when chance lets a deadline win its
   * race, as soon as it is picked.
   * @returns how to take it back
   */
  timer(saga: number, afterMs: number, what: string, go: () => void, winsRaces: boolean): () => void {
    const timer: Timer = { saga, what, go, dueMs: this.nowMs(saga) + afterMs };
    if (winsRaces) return this.race(timer);
    const waiting = this.timers.get(saga) ?? new Set();
    this.timers.set(saga, waiting.add(timer));
    this.wake(saga);
    return () => waiting.delete(timer);
  }

  /** Picks what happens next and lets it happen. @returns false when nothing is left, now or later */
  async step(): Promise<boolean> {
    const at = this.chance.below(this.ready.length);
    const task = this.ready[at];
    if (!task) return false;
    const last = this.ready.pop();
    if (last && last !== task) this.ready[at] = last;
    this.steps += 1;
    if (task.what !== '') this.tell(task.saga, task.what);
    await new Promise<void>((resolve) => {
      this.yielded = resolve;
      task.go();
    });
    this.pending.set(task.saga, (this.pending.get(task.saga) ?? 1) - 1);
    this.wake(task.saga);
    if (this.failure) throw this.failure.error;
    return true;
  }

  /** For a step that is no strand: it is over. */
  giveWay(): void {
    this.yielded?.();
    this.yielded = undefined;
  }

  private race(timer: Timer): () => void {
    let isLive = true;
    this.push({
      ...timer,
      go: () => {
        if (isLive) this.fire(timer);
        this.giveWay();
      },
    });
    return () => {
      isLive = false;
    };
  }

  private fire({ saga, dueMs, go }: Timer): void {
    this.clocks.set(saga, Math.max(this.nowMs(saga), dueMs));
    go();
  }

  private push(task: Task): void {
    this.ready.push(task);
    this.pending.set(task.saga, (this.pending.get(task.saga) ?? 0) + 1);
  }

  /** A saga that has nothing else to do waits for its next timer, so that comes now. */
  private wake(saga: number): void {
    if (this.standsStill || (this.pending.get(saga) ?? 0) > 0) return;
    const next = this.nextTimer(saga);
    if (!next) return;
    this.push({
      saga,
      what: next.what,
      go: () => {
        // It may have been taken back, or outrun, while it waited to be picked.
        if (this.timers.get(saga)?.delete(next)) this.fire(next);
        this.giveWay();
      },
    });
  }

  private nextTimer(saga: number): Timer | undefined {
    const waiting = [...(this.timers.get(saga) ?? [])];
    return waiting.reduce<Timer | undefined>(
      (first, timer) => (!first || timer.dueMs < first.dueMs ? timer : first),
      undefined,
    );
  }
}
