import { createHash } from 'node:crypto';
import type { Clock } from './clock.js';
import { invalidRequest, StripeError } from './errors.js';
import type { IdempotencyRecord, Store } from './store.js';

const REMEMBERED_SECONDS = 86_400;

/** First answers, replayed: https://docs.stripe.com/api/idempotent_requests */
export class Idempotency {
  private readonly inProgress = new Set<string>();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
  ) {}

  /**
   * Takes the key, until `release`, unless it has an answer.
   * @returns the stored answer, if this key has one
   * @throws StripeError when the key is too long, is in use at this moment, or was used with other parameters
   */
  begin(account: string, key: string, fingerprint: string): IdempotencyRecord | undefined {
    if (key.length > 255)
      throw invalidRequest('Idempotency-Key must be at most 255 characters long', { code: 'idempotency_key_too_long' });
    const id = `${account}\n${key}`;
    if (this.inProgress.has(id))
      throw new StripeError(
        409,
        {
          type: 'idempotency_error',
          code: 'idempotency_key_in_use',
          message: `There is currently another in-progress request using this Idempotent Key (that probably means you submitted twice, and the other request is still going through): ${key}. You can try again later.`,
        },
        false,
      );
    const stored = this.store.get('idempotency', id);
    if (stored && this.clock.nowSeconds() - stored.at < REMEMBERED_SECONDS) {
      if (stored.fingerprint === fingerprint) return stored;
      throw new StripeError(
        400,
        {
          type: 'idempotency_error',
          message: `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`,
        },
        false,
      );
    }
    this.inProgress.add(id);
    return undefined;
  }

  /** The caller commits the store. */
  remember(account: string, key: string, answer: Omit<IdempotencyRecord, 'at'>): void {
    this.store.put('idempotency', `${account}\n${key}`, { ...answer, at: this.clock.nowSeconds() });
  }

  /** The request is answered: others may use its key. */
  release(account: string, key: string): void {
    this.inProgress.delete(`${account}\n${key}`);
  }

  prune(): void {
    for (const [id, { at }] of this.store.entries('idempotency'))
      if (this.clock.nowSeconds() - at >= REMEMBERED_SECONDS) this.store.remove('idempotency', id);
  }
}

export const fingerprintOf = (method: string, path: string, params: unknown): string =>
  createHash('sha256')
    .update(`${method} ${path} ${JSON.stringify(params, inOrder)}`)
    .digest('hex');

/** The same parameters in another order are the same request. */
const inOrder = (_name: string, value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
    : value;
