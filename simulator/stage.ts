/** One order after the other, on parts where nothing goes wrong: for whoever decides what is heard, and when. */

import { checkoutWorkflowId } from '../contract/checkout.js';
import { loadCheckout } from '../domain/orders/load.js';
import { storeAccepted } from '../domain/orders/requests.js';
import { whySetAside } from '../domain/webhooks/event-types.js';
import { reconcile } from '../operations/reconciliation/reconcile.js';
import type { EventRecord } from '../stripe-emulator/webhooks/records.js';
import { createAfterSaleClient } from '../temporal/after-sale-client.js';
import { type CheckoutClient, createCheckoutClient } from '../temporal/checkout-client.js';
import { Luck } from './luck.js';
import { openParts, orderIdOf, type Parts } from './parts.js';
import { boundless, configOf, openPlatform, type Platform } from './platform.js';
import { Random } from './random.js';

const CUSTOMER = 'customer-1';
const PRICE_MINOR = 1_250;

export interface Staged {
  readonly saga: number;
  readonly id: string;
  readonly intent: string;
  readonly parts: Parts;
  readonly checkouts: CheckoutClient;
  pay(card: string): Promise<void>;
}

export class Stage {
  private sagas = 0;

  private constructor(
    private readonly parts: Parts,
    private readonly platform: Platform,
    private readonly checkouts: CheckoutClient,
    private readonly chance: Random,
  ) {}

  static async open(env: Readonly<Record<string, string>>, seed: number): Promise<Stage> {
    const chance = new Random(seed);
    const parts = await openParts({
      chance,
      luck: new Luck(chance, () => ({ budget: 0, share: 0 })),
      latePaymentPolicy: 'refund',
      deadlineWins: 0,
      products: [['mug', 'A mug', PRICE_MINOR, 'usd', 100_000]],
      tell: () => undefined,
      parked: () => undefined,
    });
    const client = parts.temporal.client();
    const checkouts = createCheckoutClient(client, configOf(env));
    const platform = await openPlatform(parts, checkouts, createAfterSaleClient(client));
    parts.scheduler.stopTime(true);
    return new Stage(parts, platform, checkouts, chance);
  }

  /** An order whose payment is open. */
  async begin(): Promise<Staged> {
    const { parts, checkouts } = this;
    const saga = ++this.sagas;
    const id = orderIdOf(saga);
    const item = { productId: 'mug', productName: 'A mug', quantity: 1, unitPriceMinor: PRICE_MINOR };
    const request = { userId: CUSTOMER, currency: 'usd', totalMinor: PRICE_MINOR, items: [item] };
    const identity = { userId: CUSTOMER, key: null, orderId: id, bodyHash: 'claims', keyHash: 'claims' };
    await storeAccepted(parts.db, identity, { orderId: id, request, traceparent: null }, boundless);
    parts.scheduler.spawn(saga, 'the customer comes', () => checkouts.open(id, CUSTOMER, 10_000));
    await this.play();
    const payment = (await loadCheckout(parts.db, id))?.payment;
    const intent = payment?.intentId ?? '';
    const pay = async (card: string): Promise<void> => {
      const asCustomer = { payment_method: card, client_secret: payment?.clientSecret ?? '' };
      await parts.browser.paymentIntents.confirm(intent, asCustomer).catch(() => undefined); // the intent says if it was declined
    };
    return { saga, id, intent, parts, checkouts, pay };
  }

  /** What Stripe has told of the order, as far as anybody listens. */
  told({ intent }: Staged): EventRecord[] {
    return this.parts.emulator.store
      .all('events')
      .filter(({ type }) => whySetAside(type) === null)
      .filter(({ object }) => object.id === intent || object.payment_intent === intent);
  }

  async hear(event: EventRecord): Promise<void> {
    await this.platform.hear(event, 'snapshot');
  }

  /** Some of what can happen now: nothing, a little, or all of it. */
  async playSome(): Promise<void> {
    for (let left = this.chance.pick([0, 5, 20, 1_000]); left > 0; left--)
      if (!(await this.parts.scheduler.step())) return;
  }

  /** All that can happen now, but for what only time brings. */
  async play(): Promise<void> {
    while (await this.parts.scheduler.step());
  }

  /** To the end of the order: what is told meanwhile is heard, and time goes by. */
  async playToTheEnd(order: Staged, heard: ReadonlySet<string>): Promise<void> {
    const ears = new Set(heard);
    for (let round = 0; round < 10; round++) {
      await this.play();
      const next = this.told(order).filter(({ id }) => !ears.has(id));
      for (const event of next) await this.hear(event);
      for (const { id } of next) ears.add(id);
      if (next.length === 0 && (await this.platform.waiting()) === 0) break;
      await this.platform.dispatch();
    }
    this.parts.scheduler.stopTime(false);
    await this.play();
    this.parts.scheduler.stopTime(true);
  }

  /** One reconciliation, and what it brings to light. */
  async reconcile(): Promise<void> {
    const now = Date.now();
    const period = { from: new Date(now - 3_600_000), to: new Date(now + 3_600_000), run: 'once' };
    await reconcile(this.parts.db, this.parts.records, period);
  }

  /** Money, stock, books and facts of the order, and whether anybody still works on it; ids as what they stand for. */
  async stateOf({ id, intent }: Staged): Promise<string> {
    const [state] = await this.parts.db.$queryRaw<{ state: unknown }[]>`
      SELECT jsonb_build_object(
        'order', (SELECT jsonb_build_array(status, payment_status, end_reason, needs_attention IS NOT NULL) FROM orders WHERE id = ${id}),
        'payment', (SELECT jsonb_build_array(status, captured_minor, last_error) FROM payment WHERE order_id = ${id}),
        'stock', (SELECT jsonb_agg(jsonb_build_array(product_id, quantity, status)) FROM stock_hold WHERE order_id = ${id}),
        'books', (SELECT jsonb_agg(jsonb_build_array(transaction, account, amount_minor) ORDER BY amount_minor, account::text, transaction) FROM ledger_entry WHERE order_id = ${id}),
        'refunds', (SELECT jsonb_agg(jsonb_build_array(status, amount_minor, failure) ORDER BY amount_minor) FROM refund WHERE order_id = ${id}),
        'disputes', (SELECT jsonb_agg(jsonb_build_array(state, taken_minor)) FROM dispute WHERE order_id = ${id}),
        'facts', (SELECT jsonb_agg(event_id ORDER BY topic, event_id) FROM outbox WHERE stream = 'order' AND key = ${id} AND topic <> 'order.updated')) AS state`;
    const running = this.parts.temporal.open.map(({ identity }) => identity.workflowId);
    return JSON.stringify({ ...(state?.state as object), running, waiting: await this.platform.waiting() })
      .replaceAll(new RegExp(`\\b${id}\\b`, 'g'), 'ORDER')
      .replaceAll(intent, 'INTENT')
      .replaceAll(/\b(re|txn|dp)_\w+/g, '$1');
  }

  checkoutOf({ id }: Staged) {
    return this.parts.temporal.find(checkoutWorkflowId(id));
  }

  async close(): Promise<void> {
    await this.platform.close();
    await this.parts.close();
  }
}
