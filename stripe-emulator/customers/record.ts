import type { Shipping } from '../shipping.js';

export interface CustomerRecord {
  readonly id: string;
  readonly created: number;
  readonly email: string | null;
  readonly name: string | null;
  readonly phone: string | null;
  readonly description: string | null;
  readonly address: Readonly<Record<string, unknown>> | null;
  readonly shipping: Shipping | null;
  readonly preferredLocales: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** its id is never given again, and asking for it tells that it is gone */
  readonly deleted: boolean;
}
