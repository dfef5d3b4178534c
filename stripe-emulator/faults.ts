import { StripeError } from './errors.js';
import { rateLimited } from './rate-limit.js';

/** A way in which calls go wrong: https on the outside of Stripe's API, so a rule matches method and path. */
export interface FaultRule {
  readonly method?: string;
  readonly path: string;
  readonly when?: 'before' | 'after';
  readonly latencyMs?: number;
  readonly status?: number;
  /** which of Stripe's two refusals a 429 is: `lock_timeout`, the default, when another call holds the object */
  readonly code?: 'rate_limit' | 'lock_timeout';
  readonly cut?: boolean;
  /** how often it strikes; without it, until the rules are replaced */
  times?: number;
}

/** The rules in force, first match wins. In memory only: a restart heals. */
export class Faults {
  private rules: FaultRule[] = [];

  replace(rules: readonly FaultRule[]): readonly FaultRule[] {
    this.rules = rules.map((rule) => ({ ...rule }));
    return this.rules;
  }

  /** The rule that strikes this call, used up by one. `*` in a path stands for one segment. */
  strike(when: 'before' | 'after', method: string, path: string): FaultRule | undefined {
    const rule = this.rules.find(
      (r) =>
        (r.when ?? 'before') === when &&
        (r.method === undefined || r.method.toUpperCase() === method) &&
        matches(r.path, path) &&
        r.times !== 0,
    );
    if (rule?.times !== undefined) rule.times -= 1;
    return rule;
  }
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return wanted.length === given.length && wanted.every((part, i) => part === '*' || part === given[i]);
}

/** The answer a rule puts in the place of the real one; none for a rule that only delays or cuts. */
export function faultError({ status, code }: FaultRule): StripeError | undefined {
  if (status === undefined) return undefined;
  if (status === 429 && code === 'rate_limit') return rateLimited();
  if (status === 429)
    return new StripeError(429, {
      type: 'invalid_request_error',
      code: 'lock_timeout',
      message:
        'This object cannot be accessed right now because another API request or Stripe process is currently accessing it.',
    });
  if (status >= 500) return new StripeError(status, { type: 'api_error', message: 'An unknown error occurred' });
  return new StripeError(status, { type: 'invalid_request_error', message: `A fault rule answers ${status}` });
}
