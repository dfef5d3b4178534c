export interface EndpointRecord {
  readonly id: string;
  readonly url: string;
  readonly secret: string;
  readonly enabledEvents: readonly string[];
  readonly apiVersion: string;
  readonly description: string | null;
  readonly status: 'enabled' | 'disabled';
  readonly metadata: Readonly<Record<string, string>>;
  readonly created: number;
}

export interface EventRecord {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly object: Record<string, unknown>;
  readonly requestId: string | null;
  readonly idempotencyKey: string | null;
}

/** One event on its way to one endpoint. */
export interface DeliveryRecord {
  readonly id: string;
  readonly eventId: string;
  readonly endpointId: string;
  readonly state: 'pending' | 'held' | 'dropped' | 'delivered' | 'failed';
  /** status 0: no answer */
  readonly attempts: readonly { readonly status: number; readonly at: number }[];
  /** ms of the emulator's clock */
  readonly nextAtMs: number;
}
