import { mug, type TestEmulator } from '../emulator.js';
import { declinedVisa, goodAccount, openSession, payByCard, payByDebit, poorAccount, visa } from '../hosted.js';

/** Drives every kind of object through its life, so that each of its shapes is answered and told at least once. */
export async function liveThrough(emulator: TestEmulator): Promise<void> {
  await payments(emulator);
  await asked(emulator);
  await sessions(emulator);
  await authorisations(emulator);
  await refunds(emulator);
  await disputes(emulator);
  await warningsAndReviews(emulator);
  await lateFees(emulator);
  await endpoints(emulator);
  await refusals(emulator);
  await lists(emulator);
}

const later = (emulator: TestEmulator, seconds: number) => emulator.control('POST', 'clock/advance', { seconds });
/** What Stripe refuses is an answer too. */
const refused = (call: Promise<unknown>) => call.then(() => undefined).catch(() => undefined);

async function pay(emulator: TestEmulator, payment_method: string, more: object = {}): Promise<string> {
  const { id } = await emulator.stripe.paymentIntents.create({ ...mug, metadata: { orderId: 'order-1' }, ...more });
  await refused(emulator.stripe.paymentIntents.confirm(id, { payment_method }));
  return id;
}

async function payments(emulator: TestEmulator): Promise<void> {
  const { stripe } = emulator;
  const address = { line1: 'Mill 1', line2: '', city: 'Bath', postal_code: 'BA1', state: 'Somerset', country: 'GB' };
  const ada = { name: 'Ada', phone: '+44 1225 000000', address };
  const customer = (await stripe.customers.create({ ...ada, email: 'ada@example.com' })).id;
  const card = await stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' }, billing_details: ada });
  await stripe.paymentMethods.attach(card.id, { customer });
  await pay(emulator, card.id, { customer, receipt_email: 'ada@example.com' });
  await stripe.paymentMethods.detach(card.id);
  await stripe.customers.del(customer);
  for (const method of ['pm_card_mastercard', 'pm_card_visa_chargeDeclined', 'pm_card_chargeDeclinedExpiredCard'])
    await pay(emulator, method);
  for (const method of ['pm_usBankAccount_success', 'pm_usBankAccount_insufficientFunds']) await pay(emulator, method);
  for (const outcome of ['succeed', 'fail']) {
    const id = await pay(emulator, 'pm_card_authenticationRequired');
    await emulator.control('POST', `payment_intents/${id}/authenticate`, { outcome });
  }
  const asked = await stripe.paymentIntents.create({ ...mug, capture_method: 'automatic_async' });
  const return_url = 'https://shop.example/back';
  await stripe.paymentIntents.confirm(asked.id, { payment_method: 'pm_card_threeDSecure2Required', return_url });
  await later(emulator, 61);
}

/** What a payment may ask for, and what Radar and the bank may make of a card. */
async function asked(emulator: TestEmulator): Promise<void> {
  const { stripe, control } = emulator;
  const shipping = { name: 'Ada', address: { line1: 'Mill 1', country: 'GB' } };
  const card = {
    capture_method: 'manual',
    request_three_d_secure: 'any',
    request_incremental_authorization: 'if_available',
  };
  const id = await pay(emulator, 'pm_card_visa', {
    shipping,
    setup_future_usage: 'off_session',
    statement_descriptor: 'MUGS',
    statement_descriptor_suffix: 'ORDER 1',
    transfer_group: 'order-1',
    allowed_payment_method_types: ['card'],
    payment_method_options: { card },
  });
  await stripe.paymentIntents.incrementAuthorization(id, { amount: 2000 });
  await stripe.paymentIntents.capture(id);
  await pay(emulator, 'pm_card_visa', { excluded_payment_method_types: ['us_bank_account'] });
  for (const name of [
    'riskLevelHighest',
    'riskLevelElevated',
    'avsFail',
    'avsUnchecked',
    'visa_cartesBancaires',
    'createMultipleDisputes',
    'bypassPending',
    'threeDSecureRequiredProcessingError',
  ])
    await pay(emulator, `pm_card_${name}`);
  for (const more of [{ off_session: true }, { error_on_requires_action: true }])
    await refused(
      stripe.paymentIntents.create({
        ...mug,
        confirm: true,
        payment_method: 'pm_card_authenticationRequired',
        ...more,
      }),
    );
  const byHand = { amount: 1250, currency: 'usd', confirmation_method: 'manual' } as const;
  const manual = await stripe.paymentIntents.create({
    ...byHand,
    confirm: true,
    payment_method: 'pm_card_threeDSecureRequired',
  });
  await control('POST', `payment_intents/${manual.id}/authenticate`, { outcome: 'succeed' });
  await stripe.paymentIntents.confirm(manual.id);
  const payment_intent = await pay(emulator, 'pm_card_pendingRefund');
  const refund = await stripe.refunds.create({ payment_intent, instructions_email: 'ada@example.com' });
  await control('POST', `refunds/${refund.id}/require_action`);
  await stripe.refunds.cancel(refund.id);
}

async function sessions(emulator: TestEmulator): Promise<void> {
  const { sessions } = emulator.stripe.checkout;
  const paid = await openSession(emulator, { metadata: { orderId: 'order-1' }, expand: ['line_items'] });
  await payByCard(paid, declinedVisa);
  await payByCard(paid, visa);
  await sessions.retrieve(paid.id, { expand: ['line_items', 'payment_intent.latest_charge'] });
  await sessions.listLineItems(paid.id);
  for (const account of [goodAccount, poorAccount]) await payByDebit(await openSession(emulator), account);
  await sessions.expire((await openSession(emulator)).id);
  await refused(sessions.expire(paid.id));
  await later(emulator, 61);
  await sessions.list({ limit: 100 });
}

async function authorisations(emulator: TestEmulator): Promise<void> {
  const { paymentIntents } = emulator.stripe;
  const held = () => pay(emulator, 'pm_card_visa', { capture_method: 'manual' });
  await paymentIntents.capture(await held(), { amount_to_capture: 1_000 });
  const canceled = await held();
  await paymentIntents.cancel(canceled, { cancellation_reason: 'requested_by_customer' });
  for (const cancellation_reason of ['abandoned', 'duplicate', 'fraudulent'] as const)
    await paymentIntents.cancel((await paymentIntents.create(mug)).id, { cancellation_reason });
  await refused(paymentIntents.cancel(canceled));
  await held();
  await later(emulator, 7 * 86_400);
}

async function refunds(emulator: TestEmulator): Promise<void> {
  for (const method of ['pm_card_visa', 'pm_card_pendingRefund', 'pm_card_refundFail']) {
    const payment_intent = await pay(emulator, method);
    const { id } = await emulator.stripe.refunds.create({ payment_intent, amount: 5, reason: 'duplicate' });
    await emulator.stripe.refunds.update(id, { metadata: { refundId: 'rf_1' } });
    await emulator.stripe.refunds.create({ payment_intent });
    await refused(emulator.stripe.refunds.create({ payment_intent }));
  }
  await later(emulator, 61);
}

async function disputes(emulator: TestEmulator): Promise<void> {
  const { stripe } = emulator;
  const answered = async (method: string): Promise<string> => {
    const payment_intent = await pay(emulator, method);
    const [dispute] = (await stripe.disputes.list({ payment_intent })).data;
    await refused(stripe.refunds.create({ payment_intent }));
    return (await stripe.disputes.update(dispute?.id ?? '', { evidence: { customer_name: 'Ada' } })).id;
  };
  for (const outcome of ['won', 'lost', 'warning_closed']) {
    const id = await answered(outcome === 'warning_closed' ? 'pm_card_createDisputeInquiry' : 'pm_card_createDispute');
    await emulator.control('POST', `disputes/${id}/resolve`, { outcome });
    await refused(stripe.disputes.close(id));
  }
  for (const status of ['prevented', 'appeal_needs_response', 'appeal_under_review'])
    await emulator.control('POST', `disputes/${await answered('pm_card_createDispute')}/status`, { status });
}

async function warningsAndReviews(emulator: TestEmulator): Promise<void> {
  for (const closed of ['approved', 'refunded'] as const) {
    const payment_intent = await pay(emulator, 'pm_card_createIssuerFraudRecord');
    const { id } = await emulator.control('POST', 'reviews', { payment_intent });
    if (closed === 'approved') await emulator.stripe.reviews.approve(String(id));
    else await emulator.stripe.refunds.create({ payment_intent, reason: 'fraudulent' });
  }
}

async function lateFees(emulator: TestEmulator): Promise<void> {
  await emulator.control('PUT', 'fees', { delaySeconds: 60 });
  const id = await pay(emulator, 'pm_card_visa');
  await later(emulator, 61);
  await emulator.stripe.paymentIntents.retrieve(id, { expand: ['latest_charge.balance_transaction'] });
}

async function endpoints({ stripe }: TestEmulator): Promise<void> {
  const url = 'http://127.0.0.1:4242/webhook';
  const { id } = await stripe.webhookEndpoints.create({ url, enabled_events: ['account.updated'] }); // which never comes
  await stripe.webhookEndpoints.update(id, { disabled: true });
  await stripe.webhookEndpoints.list();
  await stripe.webhookEndpoints.del(id);
  await refused(stripe.webhookEndpoints.create({ url: 'nowhere', enabled_events: ['*'] }));
}

/** Every code that a refusal may carry. */
async function refusals(emulator: TestEmulator): Promise<void> {
  const { stripe, send } = emulator;
  const intents = '/v1/payment_intents';
  const key = { 'idempotency-key': 'twice' };
  for (const [amount, currency] of [
    [1, 'usd'],
    [100_000_000, 'usd'],
    [-1, 'usd'],
    [1_250, 'xxx'],
  ] as const)
    await refused(stripe.paymentIntents.create({ amount, currency }));
  await refused(stripe.paymentIntents.retrieve('pi_none'));
  await refused(stripe.paymentIntents.create({ ...mug, payment_method: 'pm_none' }));
  await send(intents, { currency: 'usd' });
  await send(intents, { amount: 'many', currency: 'usd' });
  await send(intents, { amount: '1250', currency: 'usd', colour: 'red' });
  await send(intents, { amount: '1250', currency: 'usd' }, key);
  await send(intents, { amount: '1251', currency: 'usd' }, key);
  await send(intents, { amount: '1250', currency: 'usd' }, { 'idempotency-key': 'k'.repeat(256) });
  await send(intents, undefined, { authorization: 'Bearer sk_live_x' });
  await send(intents, undefined, { authorization: 'Bearer pk_test_x' });
  await send('/v1/nothing');
  await emulator.control('PUT', 'faults', {
    faults: [429, 500, 503].map((status) => ({ path: intents, status, times: 1 })),
  });
  for (let n = 0; n < 3; n++) await send(intents);
}

async function lists({ stripe }: TestEmulator): Promise<void> {
  const limit = 100;
  await Promise.all([
    stripe.paymentIntents.list({ limit, expand: ['data.latest_charge'] }),
    stripe.charges.list({ limit }),
    stripe.refunds.list({ limit }),
    stripe.disputes.list({ limit }),
    stripe.balanceTransactions.list({ limit }),
    stripe.radar.earlyFraudWarnings.list({ limit }),
    stripe.reviews.list({ limit }),
  ]);
  for await (const _event of stripe.events.list({ limit })); // each page is an answer
}
