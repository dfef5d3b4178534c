/** A URL that events are sent to: a webhook endpoint of v1, or an event destination of v2. */
export interface EndpointRecord {
  readonly id: string;
  readonly url: string;
  /** what deliveries are signed with, and what a receiver is told once */
  readonly secret: string;
  /** rolled secrets that still sign beside it, until Unix seconds of the emulator's clock */
  readonly oldSecrets?: readonly { readonly secret: string; readonly until: number }[];
  /** what only a destination of v2 has */
  readonly destination?: {
    readonly name: string;
    readonly payload: 'snapshot' | 'thin';
    readonly updated: number;
  };
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
  /** what changed fields were before; null for events that do not tell it */
  readonly previousAttributes: Readonly<Record<string, unknown>> | null;
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
