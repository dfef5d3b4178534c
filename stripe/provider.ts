import Stripe from 'stripe';
import {
  type CreateIntent,
  type Intent,
  type IntentState,
  type PaymentProvider,
  type ProviderRecords,
  type ProviderRefund,
  ProviderRefused,
  ProviderStuck,
  ProviderUnavailable,
} from '../domain/payments/provider.js';
import { intentOf } from './intent-of.js';
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

/** The payment provider port, spoken to Stripe. */
export function createStripeProvider(stripe: Stripe): PaymentProvider {
  const expand = ['latest_charge.balance_transaction'];
  return {
    createIntent: (command) =>
      answer(stripe.paymentIntents.create(createParams(command), { idempotencyKey: command.key })),
    readIntent: (id) => answer(stripe.paymentIntents.retrieve(id, { expand })),
    cancelIntent: (id, key) => answer(stripe.paymentIntents.cancel(id, { expand }, { idempotencyKey: key })),
    captureIntent: (id, key, amountMinor) =>
      answer(
        stripe.paymentIntents.capture(
          id,
          { expand, ...(amountMinor === undefined ? {} : { amount_to_capture: amountMinor }) },
          { idempotencyKey: key },
        ),
      ),
    createRefund: async ({ key, intentId, refundId, orderId, amountMinor }) => {
      const params = { payment_intent: intentId, amount: amountMinor, metadata: { refundId, orderId } };
      try {
        return refundFromStripe(await stripe.refunds.create(params, { idempotencyKey: key }));
      } catch (error) {
        throw asProviderError(error);
      }
    },
    listRefunds: async (intentId) => {
      const found: ProviderRefund[] = [];
      try {
        for await (const refund of stripe.refunds.list({ payment_intent: intentId, limit: 100 }))
          found.unshift(refundFromStripe(refund));
      } catch (error) {
        throw asProviderError(error);
      }
      return found;
    },
    intentOf: async (objectId) => {
      try {
        return await intentOf(stripe, objectId);
      } catch (error) {
        throw asProviderError(error);
      }
    },
    // Stripe's search by metadata lags by up to a minute; a list of a short time does not.
    findIntents: async (orderId, from, to) => {
      const found: Intent[] = [];
      try {
        for await (const intent of stripe.paymentIntents.list({ created: within(from, to), limit: 100 }))
          if (intent.metadata.orderId === orderId) found.push(fromStripe(intent));
      } catch (error) {
        throw asProviderError(error);
      }
      return found;
    },
  };
}

/** What Stripe has done in a period, page by page: https://docs.stripe.com/api/pagination/auto */
export function createStripeRecords(stripe: Stripe): ProviderRecords {
  async function* read<T, R>(pages: AsyncIterable<T>, as: (item: T) => R): AsyncGenerator<R> {
    try {
      for await (const item of pages) yield as(item);
    } catch (error) {
      throw asProviderError(error);
    }
  }
  return {
    intents: (from, to) => read(stripe.paymentIntents.list({ created: within(from, to), limit: 100 }), fromStripe),
    refunds: (from, to) =>
      read(stripe.refunds.list({ created: within(from, to), limit: 100 }), (refund) => ({
        ...refundFromStripe(refund),
        intentId:
          typeof refund.payment_intent === 'object' ? (refund.payment_intent?.id ?? null) : refund.payment_intent,
      })),
    undelivered: (from, to) =>
      read(stripe.events.list({ created: within(from, to), delivery_success: false, limit: 100 }), (event) =>
        describeEvent(event, event.id),
      ),
  };
}

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
  metadata: { orderId: command.orderId, workflowId: command.workflowId, correlationId: command.correlationId },
  ...(command.receiptEmail === null ? {} : { receipt_email: command.receiptEmail }),
});

async function answer(call: Promise<Stripe.PaymentIntent>): Promise<Intent> {
  try {
    return fromStripe(await call);
  } catch (error) {
    throw asProviderError(error);
  }
}

/** https://docs.stripe.com/payments/paymentintents/lifecycle. A fresh intent and a declined one share a status. */
function stateOf(intent: Stripe.PaymentIntent): IntentState {
  switch (intent.status) {
    case 'requires_payment_method':
      return intent.last_payment_error ? 'DECLINED' : 'OPEN';
    case 'requires_action':
      return 'ACTION';
    case 'processing':
      return 'PROCESSING';
    case 'requires_capture':
      return 'AUTHORIZED';
    case 'succeeded':
      return 'SUCCEEDED';
    case 'canceled':
      return 'CANCELED';
    default:
      return 'OPEN';
  }
}

function fromStripe(intent: Stripe.PaymentIntent): Intent {
  const charge = typeof intent.latest_charge === 'object' ? intent.latest_charge : null;
  const settled = typeof charge?.balance_transaction === 'object' ? charge.balance_transaction : null;
  const captureBefore = charge?.payment_method_details?.card?.capture_before;
  return {
    id: intent.id,
    orderId: intent.metadata.orderId ?? null,
    state: stateOf(intent),
    clientSecret: intent.client_secret ?? '',
    amount: { minor: intent.amount, currency: intent.currency },
    receivedMinor: intent.amount_received,
    lastError: intent.last_payment_error?.message ?? null,
    fee: settled ? { balanceTransactionId: settled.id, minor: settled.fee, currency: settled.currency } : null,
    captureBefore: captureBefore ? new Date(captureBefore * 1000) : null,
  };
}

/** https://docs.stripe.com/refunds#failed-refunds. `requires_action` waits for the customer: not there yet. */
function refundFromStripe(refund: Stripe.Refund): ProviderRefund {
  const states = { succeeded: 'SUCCEEDED', failed: 'FAILED', canceled: 'CANCELLED' } as const;
  return {
    id: refund.id,
    state: states[refund.status as keyof typeof states] ?? 'PENDING',
    amount: { minor: refund.amount, currency: refund.currency },
    refundId: refund.metadata?.refundId ?? null,
    failure: refund.failure_reason ?? null,
  };
}

/**
 * Sorts Stripe's failures by what may be done next: https://docs.stripe.com/error-low-level
 * A cut or late answer leaves the outcome unknown; a replayed 5xx is what the key will say for a day.
 */
function asProviderError(error: unknown): unknown {
  if (!(error instanceof Stripe.errors.StripeError)) return error;
  const cause = { cause: error };
  const status = error.statusCode ?? 0;
  if (error instanceof Stripe.errors.StripeIdempotencyError && status !== 409)
    return new ProviderStuck(error.message, cause);
  if (status >= 500 && error.headers?.['idempotent-replayed'] === 'true')
    return new ProviderStuck(error.message, cause);
  if (status === 0 || status >= 500 || status === 409 || status === 429 || status === 401 || status === 403) {
    const seconds = Number(error.headers?.['retry-after']);
    return new ProviderUnavailable(`Stripe: ${error.message}`, seconds > 0 ? seconds * 1000 : null, cause);
  }
  return new ProviderRefused(error.message, cause);
}
