import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idOf, mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const disputes = () => emulator.stripe.disputes;
const paid = async (card = 'pm_card_visa'): Promise<string> =>
  (await emulator.stripe.paymentIntents.create({ ...mug, confirm: true, payment_method: card })).id;
const disputeOf = async (payment_intent: string): Promise<Stripe.Dispute> => {
  const [dispute] = (await disputes().list({ payment_intent })).data;
  if (!dispute) throw new Error(`${payment_intent} is not disputed`);
  return dispute;
};
const disputed = async (body: object = {}): Promise<Stripe.Dispute> => {
  const id = await paid();
  await emulator.control('POST', 'disputes', { payment_intent: id, ...body });
  return disputeOf(id);
};
const resolve = (id: string, outcome: string) => emulator.control('POST', `disputes/${id}/resolve`, { outcome });
/** what was told of a dispute, oldest first */
const story = async (id: string): Promise<string[]> => {
  const { data } = await emulator.stripe.events.list({ types: ['charge.dispute.*'], limit: 100 });
  const own = data.filter((event) => (event.data.object as Stripe.Dispute).id === id).reverse();
  return own.map(
    (event) => `${event.type.replace('charge.dispute.', '')}: ${(event.data.object as Stripe.Dispute).status}`,
  );
};
const movedBy = async (id: string) =>
  (await disputes().retrieve(id)).balance_transactions.map(({ amount, fee }) => ({ amount, fee }));

describe('a dispute', () => {
  test('takes the money back, with a fee, as soon as the bank opens it', async () => {
    const dispute = await disputed({ reason: 'product_not_received', amount: 1_000 });
    expect(dispute).toMatchObject({ status: 'needs_response', reason: 'product_not_received', amount: 1_000 });
    expect(await story(dispute.id)).toEqual(['created: needs_response', 'funds_withdrawn: needs_response']);
    expect(await movedBy(dispute.id)).toEqual([{ amount: -1_000, fee: 1_500 }]);
    expect(await emulator.stripe.charges.retrieve(idOf(dispute.charge))).toMatchObject({ disputed: true });
  });

  test('is answered with evidence: a draft first, and then the bank has it', async () => {
    const { id } = await disputed();
    const draft = await disputes().update(id, { evidence: { customer_name: 'Ada' }, submit: false });
    expect(draft).toMatchObject({ status: 'needs_response', evidence_details: { submission_count: 0 } });
    const sent = await disputes().update(id, { evidence: { product_description: 'A mug' } });
    expect(sent).toMatchObject({ status: 'under_review', evidence_details: { submission_count: 1 } });
    expect(sent.evidence).toMatchObject({ customer_name: 'Ada', product_description: 'A mug', receipt: null });
    const [told] = (await emulator.stripe.events.list({ type: 'charge.dispute.updated', limit: 1 })).data;
    expect(told?.data.previous_attributes).toMatchObject({ status: 'needs_response' });
  });

  test('that is won brings the money and the fee back', async () => {
    const { id } = await disputed();
    await disputes().update(id, { evidence: { customer_name: 'Ada' } });
    await resolve(id, 'won');
    expect((await story(id)).slice(2)).toEqual(['updated: under_review', 'funds_reinstated: won', 'closed: won']);
    expect(await movedBy(id)).toEqual([
      { amount: -1_250, fee: 1_500 },
      { amount: 1_250, fee: -1_500 },
    ]);
  });

  test('that is lost leaves the money with the customer', async () => {
    const { id } = await disputed();
    await resolve(id, 'lost');
    expect((await story(id)).at(-1)).toBe('closed: lost');
    expect(await movedBy(id)).toHaveLength(1);
    await expect(resolve(id, 'won')).rejects.toThrow('its status is lost');
  });

  test('that the merchant accepts is lost, and cannot be answered any more', async () => {
    const { id } = await disputed();
    expect(await disputes().close(id)).toMatchObject({ status: 'lost' });
    await expect(disputes().update(id, { evidence: { customer_name: 'Ada' } })).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  test('that nobody answers in time is lost by time alone', async () => {
    const { id } = await disputed();
    await emulator.control('POST', 'clock/advance', { seconds: 9 * 86_400 - 60 });
    expect((await disputes().retrieve(id)).status).toBe('needs_response');
    await emulator.control('POST', 'clock/advance', { seconds: 60 });
    expect((await disputes().retrieve(id)).status).toBe('lost');
  });

  test.each([
    ['winning_evidence', 'won'],
    ['losing_evidence', 'lost'],
  ])("with Stripe's test evidence %s is %s at once", async (uncategorized_text, status) => {
    const { id } = await disputed();
    expect(await disputes().update(id, { evidence: { uncategorized_text } })).toMatchObject({ status });
  });

  test('forbids a refund of what the bank has taken, until it is won', async () => {
    const { id, payment_intent } = await disputed();
    const refund = () => emulator.stripe.refunds.create({ payment_intent: idOf(payment_intent) });
    await expect(refund()).rejects.toMatchObject({ code: 'charge_disputed', statusCode: 400 });
    await resolve(id, 'won');
    expect(await refund()).toMatchObject({ status: 'succeeded', amount: 1_250 });
  });

  test('is opened once, and only of what was paid', async () => {
    const { payment_intent } = await disputed();
    const open = (intent: Parameters<typeof idOf>[0]) =>
      emulator.control('POST', 'disputes', { payment_intent: idOf(intent) });
    await expect(open(payment_intent)).rejects.toThrow('is disputed already');
    await expect(open((await emulator.stripe.paymentIntents.create(mug)).id)).rejects.toThrow('has no charge');
  });
});

describe('an inquiry', () => {
  test('takes no money, allows a refund, and ends without harm', async () => {
    const { id, payment_intent, is_charge_refundable } = await disputed({ inquiry: true });
    expect(is_charge_refundable).toBe(true);
    await disputes().update(id, { evidence: { customer_name: 'Ada' } });
    await emulator.stripe.refunds.create({ payment_intent: idOf(payment_intent), amount: 100 });
    await resolve(id, 'warning_closed');
    expect(await story(id)).toEqual([
      'created: warning_needs_response',
      'updated: warning_under_review',
      'closed: warning_closed',
    ]);
    expect(await movedBy(id)).toEqual([]);
  });

  test('that nobody answers ends by time alone', async () => {
    const { id } = await disputed({ inquiry: true });
    await emulator.control('POST', 'clock/advance', { seconds: 9 * 86_400 });
    expect((await disputes().retrieve(id)).status).toBe('warning_closed');
  });
});

describe('a platform can be shown', () => {
  test.each([
    ['prevented', 'closed'],
    ['appeal_needs_response', 'updated'],
    ['appeal_under_review', 'updated'],
    ['warning_under_review', 'updated'],
  ])('a dispute that is %s', async (status, event) => {
    const { id } = await disputed();
    await emulator.control('POST', `disputes/${id}/status`, { status });
    expect(await disputes().retrieve(id)).toMatchObject({ status });
    expect((await story(id)).at(-1)).toBe(`${event}: ${status}`);
  });

  test('no status that Stripe does not know', async () => {
    const { id } = await disputed();
    const place = emulator.control('POST', `disputes/${id}/status`, { status: 'perhaps' });
    await expect(place).rejects.toThrow('body/status');
  });
});

test.each([
  ['pm_card_createDispute', 'needs_response'],
  ['pm_card_createDisputeInquiry', 'warning_needs_response'],
])('the holder of %s disputes what was paid at once', async (card, status) => {
  expect(await disputeOf(await paid(card))).toMatchObject({ status, reason: 'fraudulent', amount: mug.amount });
});

test('evidence of a kind that Stripe does not have is refused by name', async () => {
  const { id } = await emulator.stripe.paymentIntents.create({
    ...mug,
    confirm: true,
    payment_method: 'pm_card_createDispute',
  });
  const [dispute] = (await emulator.stripe.disputes.list({ payment_intent: id })).data;
  const evidence: object = { colour: 'red' };
  await expect(emulator.stripe.disputes.update(dispute?.id ?? '', { evidence })).rejects.toMatchObject({
    code: 'parameter_unknown',
    param: 'evidence[colour]',
  });
});
