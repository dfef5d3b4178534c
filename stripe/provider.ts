import Stripe from 'stripe';
import type {
  CreateIntent,
  CreateSession,
  Intent,
  KeyOwner,
  OnUnreadable,
  PaymentProvider,
  ProviderRecords,
} from '../domain/payments/provider.js';
import { asProviderError } from './errors.js';
import { intentOf } from './intent-of.js';
import { disputeFromStripe, intentFromStripe, refundFromStripe, sessionFromStripe } from './objects.js';
import { describeEvent } from './webhooks.js';

export interface StripeOptions {
  readonly secretKey: string;
  /** `https://api.stripe.com`, or where the emulator answers */
  readonly apiBase: string;
}

/** Far above Stripe's usual answer and below an activity's patience. The SDK's own 80 s would outlive every activity. */
const TIMEOUT_MS = 8_000;

/** A client without retries of its own: Temporal retries, with our keys. */
export function createStripeClient({ secretKey, apiBase }: StripeOptions): Stripe {
  const { protocol, hostname, port } = new URL(apiBase);
  const plain = protocol === 'http:';
  return new Stripe(secretKey, {
    host: hostname,
    port: port === '' ? (plain ? 80 : 443) : Number(port),
    protocol: plain ? 'http' : 'https',
    timeout: TIMEOUT_MS,
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

/** Where Stripe's page sends the customer; `{ORDER_ID}` stands for the order's id, `{ORDER_KEY}` for the key of its page. */
export interface ReturnTo {
  readonly successUrl: string;
  readonly cancelUrl: string;
  readonly keyOf: (orderId: string) => string;
}

/** The payment provider port, spoken to Stripe. */
export function createStripeProvider(stripe: Stripe, returnTo: ReturnTo): PaymentProvider {
  const expand = ['latest_charge.balance_transaction'];
  const ofSession = { expand: ['payment_intent.latest_charge.balance_transaction'] };
  return {
    createIntent: (command) =>
      intentIn(() => stripe.paymentIntents.create(createParams(command), { idempotencyKey: command.key })),
    readIntent: (id) => intentIn(() => stripe.paymentIntents.retrieve(id, { expand })),
    createSession: async (command) => {
      const create = () =>
        stripe.checkout.sessions.create(
          { ...sessionParams(command, returnTo), ...ofSession },
          { idempotencyKey: command.key },
        );
      return sessionFromStripe(await answerOf(create));
    },
    readSession: async (id) =>
      sessionFromStripe(await answerOf(() => stripe.checkout.sessions.retrieve(id, ofSession))),
    expireSession: async (id, key) =>
      sessionFromStripe(await answerOf(() => stripe.checkout.sessions.expire(id, ofSession, { idempotencyKey: key }))),
    cancelIntent: (id, key) => intentIn(() => stripe.paymentIntents.cancel(id, { expand }, { idempotencyKey: key })),
    captureIntent: (id, key, amountMinor) =>
      intentIn(() =>
        stripe.paymentIntents.capture(
          id,
          { expand, ...(amountMinor === undefined ? {} : { amount_to_capture: amountMinor }) },
          { idempotencyKey: key },
        ),
      ),
    createRefund: async ({ key, intentId, refundId, orderId, installation, amountMinor }) => {
      const metadata = { refundId, orderId, ...markOf({ installation }) };
      const params = { payment_intent: intentId, amount: amountMinor, metadata };
      return refundFromStripe(await answerOf(() => stripe.refunds.create(params, { idempotencyKey: key })));
    },
    listRefunds: async (intentId) =>
      (await all(read(stripe.refunds.list({ payment_intent: intentId, limit: 100 }), refundFromStripe))).reverse(),
    listDisputes: async (intentId) =>
      (await all(read(stripe.disputes.list({ payment_intent: intentId, limit: 100 }), disputeFromStripe))).reverse(),
    listWarnings: (intentId) =>
      all(
        read(stripe.radar.earlyFraudWarnings.list({ payment_intent: intentId, limit: 100 }), ({ id, fraud_type }) => ({
          id,
          kind: fraud_type,
        })),
      ),
    intentOf: (objectId) => answerOf(() => intentOf(stripe, objectId)),
    // Stripe's search by metadata lags by up to a minute; a list of a short time does not.
    findIntents: async (owner, from, to) =>
      (await all(read(stripe.paymentIntents.list({ created: within(from, to), limit: 100 }), intentFromStripe))).filter(
        isOf(owner),
      ),
    findSessions: async (owner, from, to) => {
      const expanded = { expand: ['data.payment_intent.latest_charge'] };
      const made = stripe.checkout.sessions.list({ created: within(from, to), limit: 100, ...expanded });
      return (await all(read(made, sessionFromStripe))).filter(isOf(owner));
    },
  };
}

/** What Stripe has done in a period. */
export function createStripeRecords(stripe: Stripe): ProviderRecords {
  const period = (from: Date, to: Date) => ({ created: within(from, to), limit: 100 });
  return {
    intents: (from, to, onUnreadable) => {
      const expand = ['data.latest_charge.balance_transaction'];
      return read(stripe.paymentIntents.list({ ...period(from, to), expand }), intentFromStripe, onUnreadable);
    },
    charged: (from, to, onUnreadable) => {
      // As deep as a list expands: https://docs.stripe.com/api/expanding_objects
      const expand = ['data.payment_intent.latest_charge.balance_transaction'];
      return withIntent(
        read(
          stripe.charges.list({ ...period(from, to), expand }),
          ({ payment_intent }) =>
            typeof payment_intent === 'object' && payment_intent ? intentFromStripe(payment_intent) : null,
          onUnreadable,
        ),
      );
    },
    refunds: (from, to, onUnreadable) =>
      read(
        stripe.refunds.list(period(from, to)),
        (refund) => ({ ...refundFromStripe(refund), intentId: idOf(refund.payment_intent) }),
        onUnreadable,
      ),
    disputes: (from, to, onUnreadable) =>
      read(
        stripe.disputes.list(period(from, to)),
        (dispute) => ({ ...disputeFromStripe(dispute), intentId: idOf(dispute.payment_intent) }),
        onUnreadable,
      ),
    undelivered: (from, to, onUnreadable) =>
      read(
        stripe.events.list({ ...period(from, to), delivery_success: false }),
        (event) => describeEvent(event, event.id),
        onUnreadable,
      ),
  };
}

/**
 * Page by page, as far as it is read: https://docs.stripe.com/api/pagination/auto
 * @param onUnreadable takes what could not be read; without it the list ends with the error
 */
async function* read<T extends { readonly id: string }, R>(
  pages: AsyncIterable<T>,
  as: (item: T) => R,
  onUnreadable?: OnUnreadable,
): AsyncGenerator<R> {
  const reading = pages[Symbol.asyncIterator]();
  for (;;) {
    const next = await answerOf(() => reading.next());
    if (next.done) return;
    let item: R;
    try {
      item = as(next.value);
    } catch (error) {
      if (!onUnreadable) throw error;
      onUnreadable(next.value.id, error);
      continue;
    }
    yield item;
  }
}

async function* withIntent(intents: AsyncIterable<Intent | null>): AsyncGenerator<Intent> {
  for await (const intent of intents) if (intent) yield intent;
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const idOf = (expandable: string | { readonly id: string } | null | undefined): string | null =>
  typeof expandable === 'object' ? (expandable?.id ?? null) : (expandable ?? null);

const within = (from: Date, to: Date) => ({
  gte: Math.floor(from.getTime() / 1000),
  lte: Math.ceil(to.getTime() / 1000),
});

/** True answer or a sentence why not; for health checks. */
export async function probeStripe(stripe: Stripe): Promise<void> {
  await stripe.paymentIntents.list({ limit: 1 }, { timeout: 2_000 });
}

const createParams = (command: CreateIntent): Stripe.PaymentIntentCreateParams => ({
  amount: command.amount.minor,
  currency: command.amount.currency,
  capture_method: command.captureMethod,
  automatic_payment_methods: { enabled: true },
  metadata: labelsOf(command),
  ...receiptTo(command),
});

const sessionParams = (
  command: CreateSession,
  { successUrl, cancelUrl, keyOf }: ReturnTo,
): Stripe.Checkout.SessionCreateParams => {
  const back = (url: string): string =>
    url
      .replaceAll('{ORDER_ID}', () => encodeURIComponent(command.orderId))
      .replaceAll('{ORDER_KEY}', () => keyOf(command.orderId));
  return {
    mode: 'payment',
    line_items: command.items.map(({ name, quantity, price }) => ({
      quantity,
      price_data: { currency: price.currency, unit_amount: price.minor, product_data: { name } },
    })),
    ...(command.orderId.length > REFERENCE_AT_MOST ? {} : { client_reference_id: command.orderId }),
    metadata: labelsOf(command),
    payment_intent_data: { capture_method: command.captureMethod, metadata: labelsOf(command), ...receiptTo(command) },
    expires_at: Math.floor(command.expiresAt.getTime() / 1000),
    success_url: back(successUrl),
    cancel_url: back(cancelUrl),
  };
};

/** Stripe's limit of `client_reference_id`; the metadata has room for every id. https://docs.stripe.com/api/checkout/sessions/create */
const REFERENCE_AT_MOST = 200;

/** An older payment was asked for without one, and a key may only be sent again with the same parameters. */
const markOf = ({ installation }: { readonly installation: string | null }) =>
  installation === null ? {} : { installation };
const labelsOf = ({ orderId, workflowId, correlationId, installation }: CreateIntent) => ({
  orderId,
  workflowId,
  correlationId,
  ...markOf({ installation }),
});
const isOf =
  ({ orderId, installation }: KeyOwner) =>
  (made: { readonly orderId: string | null; readonly installation: string | null }): boolean =>
    made.orderId === orderId && made.installation === installation;
const receiptTo = ({ receiptEmail }: CreateIntent) => (receiptEmail === null ? {} : { receipt_email: receiptEmail });

/** @param call writes the request and sends it: what fails in either is sorted */
async function answerOf<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    throw asProviderError(error);
  }
}

const intentIn = async (call: () => Promise<Stripe.PaymentIntent>): Promise<Intent> =>
  intentFromStripe(await answerOf(call));
