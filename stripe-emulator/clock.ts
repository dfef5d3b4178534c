import type { Store } from './store.js';

/** The emulator's time: the machine's, plus what a test has moved it. Moves only forward, and survives a restart. */
export class Clock {
  constructor(private readonly store: Store) {}

  private get offsetMs(): number {
    return this.store.get('meta', 'clock')?.offsetMs ?? 0;
  }

  nowMs(): number {
    return Date.now() + this.offsetMs;
  }

  /** Unix seconds, as Stripe's objects carry them. */
  nowSeconds(): number {
    return Math.floor(this.nowMs() / 1000);
  }

  advance(seconds: number): void {
    this.store.put('meta', 'clock', { offsetMs: this.offsetMs + seconds * 1000 });
  }

  /** How long until an emulated moment comes by itself. */
  realDelayMs(atMs: number): number {
    return Math.max(0, atMs - this.nowMs());
  }
}
