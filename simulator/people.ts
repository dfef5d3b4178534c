/** Everybody around a checkout: its customer, operators, the bank, and whoever pulls plugs. Each is a strand of its own. */

import { afterSaleWorkflowId } from '../contract/after-sale.js';
import { checkoutWorkflowId } from '../contract/checkout.js';
import { acceptClaims } from '../domain/catalogue/price-check.js';
import { findProducts } from '../domain/catalogue/products.js';
import { loadCheckout } from '../domain/orders/load.js';
import { storeAccepted } from '../domain/orders/requests.js';
import { requestRefund } from '../domain/refunds/request.js';
import { Refusal } from '../domain/refusal.js';
import { StripeError } from '../stripe-emulator/errors.js';
import type { EventRecord } from '../stripe-emulator/webhooks/records.js';
import type { AfterSaleClient } from '../temporal/after-sale-client.js';
import { type CheckoutClient, NoAnswerYet, NotRunning } from '../temporal/checkout-client.js';
import { noteAsOperator } from '../test/support/decide.js';
import { orderIdOf, type Parts } from './parts.js';
import { type Crash, catalogue, type Plan, type Refund } from './plan.js';
import { boundless } from './platform.js';
import type { Random } from './random.js';
import { TemporalAway } from './temporal/server.js';

export interface Cast {
  readonly saga: number;
  readonly plan: Plan;
  readonly parts: Parts;
  readonly checkouts: CheckoutClient;
  readonly afterSales: AfterSaleClient;
  readonly chance: Random;
}

const CUSTOMER = 'customer-1';

/** Everybody takes their place; from here on the scheduler decides. */
export function beginSaga(cast: Cast): void {
  const { saga, plan, parts } = cast;
  const act = (who: string, work: () => Promise<void>) => parts.scheduler.spawn(saga, who, work);
  act('the customer comes', () => buy(cast));
  if (plan.cancelsAfter !== null) act('', () => giveUp(cast, plan.cancelsAfter ?? 0));
  if (plan.captures !== null && plan.env.CAPTURE_METHOD === 'manual') act('', () => capture(cast, plan.captures ?? 1));
  for (const [no, refund] of plan.refunds.entries()) act('', () => giveBack(cast, refund, no));
  for (const crash of plan.crashes) act('', () => pullThePlug(cast, crash));
}

/** What the bank decides, and the customer answers it, once Stripe has told of the question. */
export function reactTo({ parts, plan, saga }: Cast, { type, object }: EventRecord): void {
  const { intents, refunds, disputes } = parts.emulator;
  const { authenticates, bank, dispute } = plan;
  const id = String(object.id);
  const decide = (what: string, decision: () => unknown): void =>
    parts.scheduler.spawn(saga, '', async () => {
      await parts.scheduler.pause(what);
      try {
        decision();
      } catch (error) {
        if (!(error instanceof StripeError)) throw error; // what is over meanwhile is refused
      }
    });
  if (type === 'payment_intent.processing') decide(`the bank lets the debit ${bank}`, () => intents.settle(id, bank));
  if (type === 'payment_intent.requires_action' && authenticates !== 'never')
    decide(`the customer's authentication: ${authenticates}`, () => intents.authenticate(id, authenticates));
  if (type === 'charge.dispute.created')
    decide(`the bank decides on the dispute: ${dispute}`, () =>
      disputes.resolve(id, disputes.get(id).withdrawn ? dispute : 'warning_closed'),
    );
  if (type === 'refund.created' && refunds.get(id).later)
    decide(`the bank lets the refund ${bank}`, () => refunds.settle(id, bank));
}

/** An operator looks at a parked undo, and decides. */
export const operatorDecides = ({ parts, plan, saga, checkouts }: Cast): void =>
  parts.scheduler.spawn(saga, `an operator decides: ${plan.decision}`, () =>
    refusable(async () => {
      const actionId = await noteAsOperator(parts.db, orderIdOf(saga), plan.decision);
      await checkouts.decide(orderIdOf(saga), plan.decision, actionId, 10_000);
    }),
  );

async function buy(cast: Cast): Promise<void> {
  const { parts, plan, saga } = cast;
  await order(cast);
  for (const card of plan.cards) if (!(await pay(cast, card))) break;
  if (!plan.comesBack) return;
  await parts.scheduler.until(
    'the customer comes back',
    parts.temporal.find(checkoutWorkflowId(orderIdOf(saga)))?.ended ?? Promise.resolve(),
  );
  await pay(cast, 'pm_card_visa');
}

async function order({ parts, plan, saga, checkouts }: Cast): Promise<void> {
  const { db, scheduler } = parts;
  const orderId = orderIdOf(saga);
  const priceOf = (id: string) => catalogue.find(([product]) => product === id)?.[2] ?? 0;
  const decimals = { jpy: 0, kwd: 3 }[plan.currency] ?? 2;
  const items = plan.items.map((item) => ({ ...item, price: priceOf(item.productId) / 10 ** decimals }));
  const totalMinor = plan.items.reduce((sum, { productId, quantity }) => sum + priceOf(productId) * quantity, 0);
  const claims = { userId: CUSTOMER, currency: plan.currency, amount: totalMinor / 10 ** decimals, items };
  const request = acceptClaims(
    claims,
    await findProducts(
      db,
      items.map(({ productId }) => productId),
    ),
  );
  const identity = { userId: CUSTOMER, key: null, orderId, bodyHash: 'claims', keyHash: 'claims' };
  await storeAccepted(db, identity, { orderId, request, traceparent: null }, boundless);
  const send = () =>
    tryAgain(
      () => checkouts.open(orderId, CUSTOMER, 10_000),
      () => checkouts.startAgain(orderId, CUSTOMER),
    );
  if (plan.doubleClick) scheduler.spawn(saga, 'and clicks again', send);
  await send();
}

/** @returns whether another card is worth a try */
async function pay({ parts, saga }: Cast, card: string): Promise<boolean> {
  const { scheduler, db, browser } = parts;
  const payment = (await loadCheckout(db, orderIdOf(saga)))?.payment;
  if (!payment?.intentId || !payment.clientSecret) return false;
  const asCustomer = { payment_method: card, client_secret: payment.clientSecret };
  await scheduler.pause(`the customer pays with ${card}`);
  try {
    const { status } = await browser.paymentIntents.confirm(payment.intentId, asCustomer);
    return status === 'requires_payment_method';
  } catch {
    return true; // declined, or too late: the intent says which
  }
}

async function giveUp({ parts, plan, saga, checkouts }: Cast, after: number): Promise<void> {
  await moments(parts, after);
  await parts.scheduler.pause('the customer gives up');
  const asOf = String(after);
  const by = { by: 'customer' } as const;
  await refusable(() =>
    plan.cancelsBy === 'update'
      ? checkouts.cancel(orderIdOf(saga), by, asOf, 10_000)
      : checkouts.requestCancel(orderIdOf(saga), by, asOf),
  );
}

async function capture({ parts, plan, saga, checkouts, chance }: Cast, share: number): Promise<void> {
  for (let tries = 0; tries < 3; tries++) {
    await moments(parts, 20 + chance.below(60));
    const total = (await loadCheckout(parts.db, orderIdOf(saga)))?.order.totalMinor ?? 0;
    const amount = share === 1 ? {} : { amountMinor: shareOf(total, tries === 0 ? share : Math.min(share, 1)) };
    await parts.scheduler.pause(`an operator captures ${amount.amountMinor ?? 'all'} ${plan.currency}`);
    await refusable(() => checkouts.capture(orderIdOf(saga), amount, String(tries), 10_000));
  }
}

async function giveBack(cast: Cast, refund: Refund, no: number): Promise<void> {
  const { parts, saga, chance } = cast;
  const checkout = parts.temporal.find(checkoutWorkflowId(orderIdOf(saga)));
  if (!checkout) {
    await moments(parts, 30);
    if (!parts.temporal.find(checkoutWorkflowId(orderIdOf(saga)))) return;
  }
  await parts.scheduler.until('', parts.temporal.find(checkoutWorkflowId(orderIdOf(saga)))?.ended ?? Promise.resolve());
  await moments(parts, chance.below(30));
  const state = await loadCheckout(parts.db, orderIdOf(saga));
  if (state?.order.status !== 'CONFIRMED' || !state.payment?.intentId) return;
  const amountMinor = refund.share === null ? {} : { amountMinor: shareOf(state.order.totalMinor, refund.share) };
  if (refund.where === 'dashboard') return refundInDashboard(cast, state.payment.intentId, amountMinor);
  const [bought] = cast.plan.items;
  const lines = refund.restock && bought ? [{ productId: bought.productId, quantity: 1, restock: true }] : [];
  const request = { id: `rf_${saga}_${no}`, orderId: orderIdOf(saga), reason: null, lines, requestedBy: 'operator-1' };
  const ask = () =>
    refusable(async () => {
      await requestRefund(parts.db, { ...request, ...amountMinor, requestHash: String(no) });
      await cast.afterSales.tell(orderIdOf(saga), CUSTOMER, {});
    });
  if (refund.twice) parts.scheduler.spawn(saga, 'the operator asks again for the refund', ask);
  await parts.scheduler.pause(`an operator refunds ${amountMinor.amountMinor ?? 'the rest'}`);
  await ask();
}

async function refundInDashboard(
  { parts }: Cast,
  intentId: string,
  { amountMinor }: { readonly amountMinor?: number },
): Promise<void> {
  await parts.scheduler.pause(`somebody refunds ${amountMinor ?? 'the rest'} in the dashboard`);
  const amount = amountMinor === undefined ? {} : { amount: amountMinor };
  await parts.dashboard.refunds.create({ payment_intent: intentId, ...amount }).catch(() => undefined);
}

async function pullThePlug({ parts, saga, checkouts }: Cast, { what, after }: Crash): Promise<void> {
  await moments(parts, after);
  const orderId = orderIdOf(saga);
  const checkout = parts.temporal.find(checkoutWorkflowId(orderId));
  const afterSale = parts.temporal.find(afterSaleWorkflowId(orderId));
  await parts.scheduler.pause(what);
  if (what === 'worker lost') await Promise.all([checkout?.evict(), afterSale?.evict()]);
  else if (what === 'after-sale terminated') await afterSale?.terminate();
  else if (what === 'cancelled in the Web UI') checkout?.requestCancel();
  else if (checkout?.status === 'RUNNING') {
    await checkout.terminate();
    await moments(parts, 30);
    await parts.scheduler.pause('the sweep finds the checkout');
    await refusable(() => checkouts.startAgain(orderId, CUSTOMER));
  }
}

/** So many steps of whatever else goes on. */
async function moments({ scheduler }: Parts, count: number): Promise<void> {
  for (let left = count; left > 0; left--) await scheduler.pause('');
}

const shareOf = (minor: number, share: number): number => Math.max(10, Math.floor((minor * share) / 10) * 10);

/** A no, an end, or Temporal's silence is an answer that people live with. */
async function refusable(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch (error) {
    const answers = [Refusal, NotRunning, NoAnswerYet, TemporalAway];
    if (!answers.some((answer) => error instanceof answer)) throw error;
  }
}

/** As `api/open-checkout.ts` and a patient customer do it. */
async function tryAgain(open: () => Promise<unknown>, startAgain: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 5; tries++)
    try {
      await open();
      return;
    } catch (error) {
      if (error instanceof NotRunning) await refusable(startAgain);
      else if (!(error instanceof NoAnswerYet)) return;
    }
}
