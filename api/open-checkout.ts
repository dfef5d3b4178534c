import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Static } from 'typebox';
import { correlationIdOf } from '../contract/checkout.js';
import { acceptClaims } from '../domain/catalogue/price-check.js';
import { findProducts } from '../domain/catalogue/products.js';
import { noteRefusal, type OverLimit, refusalOver } from '../domain/orders/limits.js';
import { type CheckoutState, loadCheckout } from '../domain/orders/load.js';
import { findAccepted, type RequestIdentity, storeAccepted } from '../domain/orders/requests.js';
import { Refusal } from '../domain/refusal.js';
import { HttpProblem } from '../platform/http/problem.js';
import { currentTrace, withTrace } from '../platform/trace.js';
import { NoAnswerYet, NotRunning } from '../temporal/checkout-client.js';
import type { ApiContext } from './context.js';
import type { CheckoutAnswer, CheckoutBody } from './schemas/checkout.js';

type Body = Static<typeof CheckoutBody>;
type Answer = Static<typeof CheckoutAnswer>;

/**
 * Opens a checkout or finds the one this request opened before. What is answered is read from the rows, never taken
 * from the workflow, so the answer outlives the workflow's history.
 * @throws Refusal, or HttpProblem 503 when it is not open yet
 */
export async function openCheckout(context: ApiContext, body: Body, key: string | null): Promise<Answer> {
  const identity = identify(body, key);
  const known = await accept(context, body, identity);
  const trace = currentTrace();
  const labelled = { orderId: known.orderId, correlationId: correlationIdOf(known.orderId) };
  return withTrace({ traceparent: trace?.traceparent ?? '', ...labelled }, async () => {
    const before = known.isNew ? null : await loadCheckout(context.db, known.orderId);
    return answerFrom(before) ?? (await start(context, known.orderId, body));
  });
}

async function accept(
  context: ApiContext,
  body: Body,
  identity: RequestIdentity,
): Promise<{ orderId: string; isNew: boolean }> {
  const { db, config } = context;
  let over: readonly OverLimit[] | undefined;
  for (;;) {
    const known = await findAccepted(db, identity);
    if (known !== null) return { orderId: known, isNew: false };
    const catalogue = await findProducts(db, [...new Set(body.items.map((item) => item.productId))]);
    const request = acceptClaims(body, catalogue);
    if (over) {
      await noteRefusal(db, body.userId, over);
      throw refusalOver(request, over);
    }
    const orderId = body.orderId ?? randomUUID();
    const accepted = { orderId, request, traceparent: currentTrace()?.traceparent ?? null };
    const stored = await storeAccepted(db, identity, accepted, config.HOLD_LIMITS);
    if (stored === 'STORED') return { orderId, isNew: true };
    if (stored === 'TAKEN') continue; // somebody was faster with this key or order id; the next look finds them
    over = stored; // what fills the limit may be this very request, sent twice at once: then the next look finds its answer
  }
}

async function start({ config, db, checkouts, log }: ApiContext, orderId: string, body: Body): Promise<Answer> {
  const { userId, amount, currency } = body;
  const until = Date.now() + config.CHECKOUT_OPEN_SECONDS * 1000;
  log.info({ amount, currency }, 'Executing payment SAGA');
  try {
    await checkouts.open(orderId, userId, config.CHECKOUT_OPEN_SECONDS * 1000);
  } catch (error) {
    if (error instanceof NoAnswerYet) log.warn({ err: error.cause }, 'The checkout has not opened within its time');
    else if (error instanceof NotRunning) await startAgain(checkouts, orderId, userId);
    else throw error;
  }
  for (;;) {
    const answer = answerFrom(await loadCheckout(db, orderId));
    if (answer) return answer;
    if (Date.now() > until) throw notYet();
    await delay(100);
  }
}

/** A workflow that was terminated answers with what it had recorded and starts nothing: it is started plainly. */
async function startAgain(checkouts: ApiContext['checkouts'], orderId: string, userId: string): Promise<void> {
  try {
    await checkouts.startAgain(orderId, userId);
  } catch {
    throw notYet();
  }
}

/** null while the checkout is neither open nor over. @throws Refusal when it ended before it was open */
function answerFrom(state: CheckoutState | null): Answer | null {
  if (!state) return null;
  const { order, payment } = state;
  if (payment?.sessionId || payment?.clientSecret)
    return {
      orderId: order.id,
      paymentId: payment.id,
      paymentIntentId: payment.intentId,
      correlationId: order.correlationId,
      status: order.status,
      // The intent of a page belongs to the page.
      ...(payment.sessionId ? { clientSecret: null, url: payment.sessionUrl } : { clientSecret: payment.clientSecret }),
      expiresAt: order.expiresAt.toISOString(),
    };
  if (order.status !== 'CANCELLED') return null;
  throw endedBeforeOpen(order);
}

function endedBeforeOpen({ id, endReason, short, items }: CheckoutState['order']): Refusal {
  if (endReason === 'OUT_OF_STOCK') {
    const said = short.map(({ productId, requested, available }) => ({
      productId,
      text: `${requested} of ${productId} are wanted and ${available} are left`,
    }));
    return new Refusal(
      'OutOfStock',
      `There is not enough stock: ${said.map(({ text }) => text).join('; ')}.`,
      said.map(({ productId, text }) => ({
        field: `items[${items.findIndex((item) => item.productId === productId)}].quantity`,
        message: text,
      })),
    );
  }
  if (endReason === 'PAYMENT_REFUSED')
    return new Refusal('PaymentRefused', `No payment could be opened for order ${id}.`);
  const why =
    endReason === 'EXPIRED'
      ? 'its hold expired before a payment could be opened'
      : 'it was cancelled before a payment was open';
  return new Refusal(
    'CheckoutClosed',
    `The checkout of order ${id} is over: ${why} (${endReason}). Order again under another order id.`,
  );
}

const notYet = (): HttpProblem =>
  new HttpProblem({
    status: 503,
    code: 'checkout-not-open-yet',
    title: 'The checkout is not open yet',
    detail:
      'Something it needs is slow or away. It is still being tried: send the same request again to get its answer.',
    retryAfter: 2,
  });

/** Field order does not matter; the order of the lines does. */
function identify(body: Body, key: string | null): RequestIdentity {
  const { orderId = null, userId, currency, amount, customerEmail = null, items, ui } = body;
  const lines = items.map((item) => [item.productId, item.productName ?? null, item.quantity, item.price]);
  const content = [userId, currency.toLowerCase(), amount, customerEmail, lines, ...(ui ? [ui] : [])];
  return { userId, key, orderId, bodyHash: hash(content), keyHash: hash([orderId, content]) };
}

const hash = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('base64url');
