import type { RefusalCode } from '../contract/refusals.js';

/** Where a refusal points to, in the words of the request: `items[0].price`. */
export interface FieldError {
  readonly field: string;
  readonly message: string;
}

/**
 * The business says no, and the same request at once would be refused again.
 * The message is a sentence for the person who asked: what was wrong, with which value, and what to do.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly errors: readonly FieldError[] = [],
    /** seconds until the same request may be accepted; absent where time does not change the answer */
    readonly retryAfter?: number,
  ) {
    super(message);
  }
}
