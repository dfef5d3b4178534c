/** People at the shop. Each says the same again until they are answered, as a browser or a person does. */
import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { seed } from '../../prisma/seed.js';
import { eventually } from '../support/eventually.js';
import { type Answer, type Caller, createCaller } from '../support/http.js';
import type { FaultStack, Service } from './stack.js';

export const CUSTOMER = '67458e9c1234567890fedcba';
const PRICE_MINOR = 9_999;
const PRICE = PRICE_MINOR / 100;
/** Many, so that an order that is held in the middle of its transaction does not keep the others from their stock. */
const PRODUCTS = 100;
const productOf = (no: number): string => `faults-${no % PRODUCTS}`;

/** Puts what is sold in place. */
export const stockShop = ({ db }: FaultStack): Promise<number> =>
  seed(
    db,
    Array.from({ length: PRODUCTS }, (_, no) => [productOf(no), 'A plan', PRICE_MINOR, 'usd', 100_000] as const),
  );

/** One answer of the API, as somebody got it. */
export interface Heard {
  /** when it came, in ms since the epoch, and how long it took */
  readonly at: number;
  readonly ms: number;
  readonly orderId: string;
  readonly asked: 'open' | 'cancel' | 'refund' | 'capture';
  readonly status: number;
  readonly retryAfter: string | null;
  readonly type: string | null;
  readonly paymentIntentId: string | null;
}

/** How an order must end. */
export type Ending = 'CONFIRMED' | 'CANCELLED_BY_CUSTOMER' | 'PAYMENT_FAILED' | 'EXPIRED';

export type OrderPlan = 'paid' | 'declined' | 'cancelled' | 'abandoned' | 'refunded' | 'captured';

const endings: Readonly<Record<OrderPlan, readonly Ending[]>> = {
  paid: ['CONFIRMED'],
  declined: ['PAYMENT_FAILED'],
  cancelled: ['CANCELLED_BY_CUSTOMER'],
  abandoned: ['EXPIRED'],
  refunded: ['CONFIRMED'],
  // Where the hold ends before the authorisation is heard of, the order is undone and the authorisation given back.
  captured: ['CONFIRMED', 'EXPIRED'],
};

/** How long somebody goes on asking: longer than until Stripe's seventh delivery of an event, 6 min 24 s after it. */
const PATIENCE_MS = 450_000;
/** How often somebody asks or looks again. Dozens wait at a time, and share the processors with whom they wait for. */
const AGAIN_EVERY_MS = 250;
const patiently = <T>(look: () => Promise<T>, isRight: (seen: T) => boolean): Promise<T> =>
  eventually(look, isRight, PATIENCE_MS, AGAIN_EVERY_MS);

export class Customers {
  readonly orders: Order[] = [];
  /** every answer anybody got, in order */
  readonly heard: Heard[] = [];

  constructor(readonly stack: FaultStack) {}

  /** A new customer, who has not asked for anything yet. */
  order(plan: OrderPlan, name: string): Order {
    const id = `${name}-${randomUUID().slice(0, 8)}`.replaceAll(/[^\w-]+/g, '-');
    const order = new Order(this, plan, id, productOf(this.orders.length));
    this.orders.push(order);
    return order;
  }
}

export class Order {
  readonly service: Service;
  readonly endings: readonly Ending[];
  readonly #customer: Caller;
  readonly #operator: Caller;
  /** the answer that opened it */
  opened: Answer | undefined;

  constructor(
    private readonly customers: Customers,
    readonly plan: OrderPlan,
    readonly id: string,
    private readonly productId: string,
  ) {
    const { stack } = customers;
    this.endings = endings[plan];
    this.service = plan === 'abandoned' || plan === 'captured' ? stack.shortApi : stack.api;
    this.#customer = createCaller(this.service.url, `Bearer ${stack.tokens.customer}`);
    this.#operator = createCaller(this.service.url, `Bearer ${stack.tokens.operator}`);
  }

  get intentId(): string {
    return this.opened?.body.paymentIntentId ?? '';
  }

  /** Asks until the checkout is open, or over where its hold is short; always with the same words. */
  async open(): Promise<this> {
    const mayBeOver = this.endings.includes('EXPIRED');
    this.opened = await this.#until('open', ({ status }) => status === 200 || (mayBeOver && status === 409));
    return this;
  }

  /** Sends one request and takes whatever comes. */
  ask(what: Heard['asked']): Promise<Answer> {
    const { id } = this;
    if (what === 'open')
      return this.#sent(what, () =>
        this.#customer.post('/v1/payment/checkout-session', this.#request(), { 'idempotency-key': id }),
      );
    if (what === 'cancel') return this.#sent(what, () => this.#customer.post(`/v1/orders/${id}/cancel`));
    if (what === 'capture') return this.#sent(what, () => this.#operator.post(`/v1/orders/${id}/capture`));
    return this.#sent(what, () => this.#operator.post(`/v1/orders/${id}/refunds`, {}, { 'idempotency-key': id }));
  }

  /** Confirms in the browser with the order's card; a decline is an answer too. */
  async confirm(): Promise<void> {
    const { hostname, port } = new URL(this.customers.stack.stripeUrl);
    const stripe = new Stripe('pk_test_customer', { host: hostname, port, protocol: 'http', maxNetworkRetries: 0 });
    const card = this.plan === 'declined' ? 'pm_card_visa_chargeDeclined' : 'pm_card_visa';
    const secret = String(this.opened?.body.clientSecret);
    await patiently(async () => {
      try {
        const params = { payment_method: card, client_secret: secret };
        return (await stripe.paymentIntents.confirm(this.intentId, params)).status !== 'requires_payment_method';
      } catch (error) {
        // A card that is refused, or a confirmation that was heard before its answer was lost.
        if (error instanceof Stripe.errors.StripeCardError) return true;
        if (error instanceof Stripe.errors.StripeInvalidRequestError) return true;
        throw error;
      }
    }, Boolean);
  }

  async cancel(): Promise<void> {
    await this.#until('cancel', ({ status }) => status === 200 || status === 202);
  }

  async refund(): Promise<void> {
    await this.#until('refund', ({ status }) => status === 200 || status === 202);
  }

  /** Takes the money; over already is an answer too. */
  async capture(): Promise<void> {
    await this.#until('capture', ({ status }) => status === 200 || status === 409);
  }

  /** All that the plan has from the open checkout on. */
  async goOn(): Promise<void> {
    if (this.plan === 'abandoned' || this.opened?.status !== 200) return;
    if (this.plan === 'cancelled') return this.cancel();
    await this.confirm();
    if (this.plan === 'captured') {
      await this.paymentBecomes('AUTHORIZED');
      await this.capture();
    }
    if (this.plan === 'refunded') {
      await this.becomes('CONFIRMED');
      await this.refund();
    }
  }

  async row(): Promise<
    { status: string; reason: string | null; payment: string | null; paymentStatus: string } | undefined
  > {
    const [row] = await this.customers.stack.db.$queryRaw<
      { status: string; reason: string | null; payment: string | null; payment_status: string }[]
    >`
      SELECT o.status::text, o.end_reason AS reason, o.payment_status::text, p.status::text AS payment
        FROM orders o LEFT JOIN payment p ON p.order_id = o.id WHERE o.id = ${this.id}`;
    return row && { status: row.status, reason: row.reason, payment: row.payment, paymentStatus: row.payment_status };
  }

  async becomes(status: string): Promise<void> {
    await patiently(
      () => this.row(),
      (row) => row?.status === status,
    );
  }

  async paymentBecomes(status: string): Promise<void> {
    await patiently(
      () => this.row(),
      (row) => row?.payment === status || row?.status === 'CONFIRMED' || row?.status === 'CANCELLED',
    );
  }

  /** Waits for an end that the plan has. @throws when it is another */
  async ends(): Promise<void> {
    await patiently(
      () => this.row(),
      (row) =>
        this.endings.some((ending) => ending === (row?.status === 'CONFIRMED' ? 'CONFIRMED' : row?.reason)) &&
        (row?.status === 'CONFIRMED' || row?.status === 'CANCELLED') &&
        (this.plan !== 'refunded' || row?.paymentStatus === 'REFUNDED'),
    );
  }

  #request() {
    const items = [{ productId: this.productId, quantity: 1, price: PRICE }];
    return { orderId: this.id, userId: CUSTOMER, items, amount: PRICE, currency: 'USD' };
  }

  #until(what: Heard['asked'], isRight: (answer: Answer) => boolean): Promise<Answer> {
    return patiently(() => this.ask(what), isRight);
  }

  async #sent(asked: Heard['asked'], send: () => Promise<Answer>): Promise<Answer> {
    const begin = performance.now();
    const answer = await send();
    const { status, headers, body } = answer;
    this.customers.heard.push({
      ...{ at: Date.now(), ms: performance.now() - begin, orderId: this.id, asked, status },
      retryAfter: headers.get('retry-after'),
      type: headers.get('content-type'),
      paymentIntentId: body.paymentIntentId ?? null,
    });
    return answer;
  }
}
