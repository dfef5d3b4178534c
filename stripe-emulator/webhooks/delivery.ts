import type { Clock } from '../clock.js';
import { newId } from '../ids.js';
import type { Store } from '../store.js';
import { isOfV2, snapshotView, thinTypeOf, thinView } from './events.js';
import type { DeliveryRecord, EndpointRecord, EventRecord } from './records.js';
import { liveSecrets, signatureHeader } from './signature.js';

/** How events are treated on their way out. */
export interface DeliveryControls {
  mode: 'deliver' | 'hold' | 'drop';
  /** further copies of each event */
  duplicate: number;
  /** delays each event by a random part of 300 ms, so that order is lost */
  shuffle: boolean;
  delayMs: number;
  /** share of events that are never sent, 0 to 1 */
  dropRate: number;
}

export const plainDelivery: DeliveryControls = {
  mode: 'deliver',
  duplicate: 0,
  shuffle: false,
  delayMs: 0,
  dropRate: 0,
};

const ATTEMPT_TIMEOUT_MS = 10_000;
/** The first retries come soon, so that a local stack is pleasant; then as Stripe's, for three days. */
const RETRY_AFTER_SECONDS = [1, 2, 5, 15, 60, 300, 1_800, 7_200, 18_000, 36_000];
const GIVE_UP_AFTER_MS = 3 * 86_400_000;

/** Sends events to endpoints until they are taken. What is still to be sent survives a kill. */
export class Deliveries {
  controls: DeliveryControls = { ...plainDelivery };
  private readonly inFlight = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private random = seeded(1);
  private closed = false;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly log: (message: string, fields: object) => void,
  ) {}

  setControls(change: Partial<DeliveryControls>): DeliveryControls {
    this.controls = { ...plainDelivery, ...change };
    this.random = seeded(1);
    return this.controls;
  }

  /** Puts an event on its way to every endpoint that wants it. The caller commits the store. */
  enqueue(event: EventRecord): void {
    for (const endpoint of this.store.all('endpoints')) if (wants(endpoint, event.type)) this.address(event, endpoint);
  }

  /** Puts an event on its way to one endpoint, whether it asked for it or not. The caller commits the store. */
  address(event: EventRecord, endpoint: EndpointRecord): void {
    if (endpoint.status !== 'enabled') return;
    const dropped = this.controls.mode === 'drop' || this.random() < this.controls.dropRate;
    const copies = dropped ? 1 : 1 + this.controls.duplicate;
    for (let copy = 0; copy < copies; copy++) {
      const delayMs = this.controls.delayMs + (this.controls.shuffle ? this.random() * 300 : 0);
      this.put({
        id: newId('dl'),
        eventId: event.id,
        endpointId: endpoint.id,
        state: dropped ? 'dropped' : this.controls.mode === 'hold' ? 'held' : 'pending',
        attempts: [],
        nextAtMs: this.clock.nowMs() + delayMs,
      });
    }
  }

  /** Sends what was held back. @returns how many */
  release(): number {
    const held = this.store.all('deliveries').filter((d) => d.state === 'held');
    for (const delivery of held) this.put({ ...delivery, state: 'pending', nextAtMs: this.clock.nowMs() });
    this.wake();
    return held.length;
  }

  /** Sends what is due and sleeps until the next is. */
  wake(): void {
    if (this.closed) return;
    clearTimeout(this.timer);
    const waiting = this.store.all('deliveries').filter((d) => d.state === 'pending' && !this.inFlight.has(d.id));
    const due = waiting.filter((d) => d.nextAtMs <= this.clock.nowMs());
    for (const delivery of due) void this.attempt(delivery);
    const next = Math.min(...waiting.filter((d) => !due.includes(d)).map((d) => d.nextAtMs));
    if (Number.isFinite(next))
      this.timer = setTimeout(() => this.wake(), Math.min(this.clock.realDelayMs(next) + 1, 60_000));
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
  }

  private async attempt(delivery: DeliveryRecord): Promise<void> {
    const event = this.store.get('events', delivery.eventId);
    const endpoint = this.store.get('endpoints', delivery.endpointId);
    if (!event || endpoint?.status !== 'enabled') {
      this.put({ ...delivery, state: 'failed' });
      await this.store.commit();
      return;
    }
    this.inFlight.add(delivery.id);
    const status = await this.send(event, endpoint);
    this.inFlight.delete(delivery.id);
    const isForgotten = this.store.get('deliveries', delivery.id) === undefined; // by a reset, meanwhile
    if (this.closed || isForgotten) return;
    const now = this.clock.nowMs();
    const attempts = [...delivery.attempts, { status, at: Math.floor(now / 1000) }];
    const wait = RETRY_AFTER_SECONDS[Math.min(attempts.length, RETRY_AFTER_SECONDS.length) - 1]! * 1000;
    const tooOld = now - event.created * 1000 > GIVE_UP_AFTER_MS;
    const state = status >= 200 && status < 300 ? 'delivered' : tooOld ? 'failed' : 'pending';
    this.put({ ...delivery, attempts, state, nextAtMs: now + wait });
    await this.store.commit();
    this.log('webhook sent', { event: event.id, type: event.type, status });
    this.wake();
  }

  private async send(event: EventRecord, endpoint: EndpointRecord): Promise<number> {
    const view = isThin(endpoint) || isOfV2(event.type) ? thinView(event) : this.snapshotFor(endpoint, event);
    const payload = JSON.stringify(view, null, 2);
    const secrets = liveSecrets(endpoint, this.clock.nowSeconds());
    try {
      const response = await fetch(endpoint.url, {
        method: 'POST',
        headers: {
          'content-type': 'application/json; charset=utf-8',
          'user-agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
          'stripe-signature': signatureHeader(payload, secrets, Math.floor(Date.now() / 1000)),
        },
        body: payload,
        redirect: 'manual',
        signal: AbortSignal.timeout(ATTEMPT_TIMEOUT_MS),
      });
      await response.arrayBuffer();
      return response.status;
    } catch {
      return 0;
    }
  }

  private snapshotFor({ apiVersion }: EndpointRecord, event: EventRecord): object {
    return snapshotView(event, apiVersion, this.pendingOf(event.id));
  }

  /** How many deliveries of an event, in either form, were not taken yet. */
  pendingOf(eventId: string): number {
    return this.store.all('deliveries').filter((d) => d.eventId === eventId && d.state !== 'delivered').length;
  }

  private put(delivery: DeliveryRecord): void {
    this.store.put('deliveries', delivery.id, delivery);
  }
}

const isThin = ({ destination }: EndpointRecord): boolean => destination?.payload === 'thin';

const wants = (endpoint: EndpointRecord, type: string): boolean =>
  endpoint.enabledEvents.includes('*') || endpoint.enabledEvents.includes(isThin(endpoint) ? thinTypeOf(type) : type);

/** mulberry32: the same controls drop and shuffle the same way each time. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}
