import { StripeError } from './errors.js';

/** As many operations a second as are allowed, in bursts too: https://docs.stripe.com/rate-limits */
export class RateLimit {
  /** null when nothing is limited */
  private perSecond: number | null = null;
  private tokens = 0;
  private filledAtMs = 0;

  /** In memory only, as all faults: a restart lifts it. */
  set(perSecond: number | null): void {
    this.perSecond = perSecond;
    this.tokens = burstOf(perSecond ?? 0);
    this.filledAtMs = Date.now();
  }

  /** Takes one operation. @returns Stripe's refusal when there is none left; no key remembers it */
  take(): StripeError | undefined {
    if (this.perSecond === null) return undefined;
    const now = Date.now();
    const filled = this.tokens + ((now - this.filledAtMs) / 1000) * this.perSecond;
    this.tokens = Math.min(burstOf(this.perSecond), filled);
    this.filledAtMs = now;
    if (this.tokens < 1) return rateLimited();
    this.tokens -= 1;
    return undefined;
  }
}

/** A limit of less than one a second still lets one through. */
const burstOf = (perSecond: number): number => Math.max(1, perSecond);

export const rateLimited = (): StripeError =>
  new StripeError(
    429,
    {
      type: 'invalid_request_error',
      code: 'rate_limit',
      message:
        'Request rate limit exceeded. You can learn more about rate limits here https://stripe.com/docs/rate-limits.',
    },
    false,
  );
