import Stripe from 'stripe';
import type {
  CreateIntent,
  CreateSession,
  Intent,
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
      intentIn(stripe.paymentIntents.create(createParams(command), { idempotencyKey: command.key })),
    readIntent: (id) => intentIn(stripe.paymentIntents.retrieve(id, { expand })),
    createSession: async (command) => {
      const params = { ...sessionParams(command, returnTo), ...ofSession };
      return sessionFromStripe(await told(stripe.checkout.sessions.create(params, { idempotencyKey: command.key })));
    },
    readSession: async (id) => sessionFromStripe(await told(stripe.checkout.sessions.retrieve(id, ofSession))),
    expireSession: async (id, key) =>
      sessionFromStripe(await told(stripe.checkout.sessions.expire(id, ofSession, { idempotencyKey: key }))),
    cancelIntent: (id, key) => intentIn(stripe.paymentIntents.cancel(id, { expand }, { idempotencyKey: key })),
    captureIntent: (id, key, amountMinor) =>
      intentIn(
        stripe.paymentIntents.capture(
          id,
          { expand, ...(amountMinor === undefined ? {} : { amount_to_capture: amountMinor }) },
          { idempotencyKey: key },
        ),
      ),
    createRefund: async ({ key, intentId, refundId, orderId, amountMinor }) => {
      const params = { payment_intent: intentId, amount: amountMinor, metadata: { refundId, orderId } };
      return refundFromStripe(await told(stripe.refunds.create(params, { idempotencyKey: key })));
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
    intentOf: async (objectId) => {
      try {
        return await intentOf(stripe, objectId);
      } catch (error) {
        throw asProviderError(error);
      }
    },
    // Stripe's search by metadata lags by up to a minute; a list of a short time does not.
    findIntents: async (orderId, from, to) =>
      (await all(read(stripe.paymentIntents.list({ created: within(from, to), limit: 100 }), intentFromStripe))).filter(
        (intent) => intent.orderId === orderId,
      ),
    findSessions: async (orderId, from, to) => {
      const expanded = { expand: ['data.payment_intent.latest_charge'] };
      const made = stripe.checkout.sessions.list({ created: within(from, to), limit: 100, ...expanded });
      return (await all(read(made, sessionFromStripe))).filter((session) => session.orderId === orderId);
    },
  };
}

/** What Stripe has done in a period. */
export function createStripeRecords(stripe: Stripe): ProviderRecords {
  const period = (from: Date, to: Date) => ({ created: within(from, to), limit: 100 });
  return {
    intents: (from, to) => {
      const expand = ['data.latest_charge.balance_transaction'];
      return read(stripe.paymentIntents.list({ ...period(from, to), expand }), intentFromStripe);
    },
    charged: async function* (from, to) {
      // As deep as a list expands: https://docs.stripe.com/api/expanding_objects
      const expand = ['data.payment_intent.latest_charge.balance_transaction'];
      const charges = read(stripe.charges.list({ ...period(from, to), expand }), (charge) => charge.payment_intent);
      for await (const intent of charges) if (typeof intent === 'object' && intent) yield intentFromStripe(intent);
    },
    refunds: (from, to) =>
      read(stripe.refunds.list(period(from, to)), (refund) => ({
        ...refundFromStripe(refund),
        intentId: idOf(refund.payment_intent),
      })),
    disputes: (from, to) =>
      read(stripe.disputes.list(period(from, to)), (dispute) => ({
        ...disputeFromStripe(dispute),
        intentId: idOf(dispute.payment_intent),
      })),
    undelivered: (from, to) =>
      read(stripe.events.list({ ...period(from, to), delivery_success: false }), (event) =>
        describeEvent(event, event.id),
      ),
  };
}

/** Page by page, as far as it is read: https://docs.stripe.com/api/pagination/auto */
async function* read<T, R>(pages: AsyncIterable<T>, as: (item: T) => R): AsyncGenerator<R> {
  try {
    for await (const item of pages) yield as(item);
  } catch (error) {
    throw asProviderError(error);
  }
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
    client_reference_id: command.orderId,
    metadata: labelsOf(command),
    payment_intent_data: { capture_method: command.captureMethod, metadata: labelsOf(command), ...receiptTo(command) },
    expires_at: Math.floor(command.expiresAt.getTime() / 1000),
    success_url: back(successUrl),
    cancel_url: back(cancelUrl),
  };
};

const labelsOf = ({ orderId, workflowId, correlationId }: CreateIntent) => ({ orderId, workflowId, correlationId });
const receiptTo = ({ receiptEmail }: CreateIntent) => (receiptEmail === null ? {} : { receipt_email: receiptEmail });

async function told<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw asProviderError(error);
  }
}

const intentIn = async (call: Promise<Stripe.PaymentIntent>): Promise<Intent> => intentFromStripe(await told(call));
