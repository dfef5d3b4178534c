/** A way in which calls go wrong: https on the outside of Stripe's API, so a rule matches method and path. */
export interface FaultRule {
  readonly method?: string;
  readonly path: string;
  readonly when?: 'before' | 'after';
  readonly latencyMs?: number;
  readonly status?: number;
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
