import { eventually } from '../support/eventually.js';

/** Where in a step it happens: nothing done yet; done and not committed; committed, and nobody told of it. */
export type Point = 'before' | 'after' | 'committed';

/** A process that was killed beside it may have to come back first, on a machine with much else to do. */
export const REACHED_WITHIN_MS = 90_000;

/** Whoever comes to it is kept standing: a statement, a call, or the words of a connection. */
export interface Gate {
  /** @throws when nobody comes within the time */
  reached(withinMs?: number): Promise<void>;
  /** lets pass whoever stands there, and everybody after; safe to call twice */
  open(): void;
  /** ends the connection of whoever stands there, so that the answer is lost */
  cut(): void;
  /** answers whoever stands there with an error that is worth another try */
  refuse(): void;
}

/** How a proxy lets go of what it holds. */
export interface Held {
  open(): void;
  cut(): void;
  refuse(): void;
}

/** A gate as a proxy sees it: it holds one, the first that comes. */
export class HoldingGate implements Gate {
  #held: Held | undefined;
  #over = false;

  /** whether somebody may still be held by it */
  get isFree(): boolean {
    return !this.#over && this.#held === undefined;
  }

  hold(held: Held): void {
    if (this.isFree) this.#held = held;
    else held.open();
  }

  async reached(withinMs = REACHED_WITHIN_MS): Promise<void> {
    await eventually(() => this.#held !== undefined, Boolean, withinMs);
  }

  open(): void {
    this.#end((held) => held.open());
  }

  cut(): void {
    this.#end((held) => held.cut());
  }

  refuse(): void {
    this.#end((held) => held.refuse());
  }

  #end(how: (held: Held) => void): void {
    if (this.#over) return;
    this.#over = true;
    if (this.#held) how(this.#held);
  }
}
