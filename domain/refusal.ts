import { type RefusalCode, refusalCodes } from '../contract/refusals.js';

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

const isRefusalCode = (code: string): code is RefusalCode => (refusalCodes as readonly string[]).includes(code);

/** The refusal that an ApplicationFailure of this type carries; undefined for any other failure. */
export const refusalOf = (type: string | null | undefined, message: string): Refusal | undefined =>
  type && isRefusalCode(type) ? new Refusal(type, message) : undefined;
