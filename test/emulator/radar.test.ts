import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const paid = async (card = 'pm_card_visa'): Promise<string> =>
  (await emulator.stripe.paymentIntents.create({ ...mug, confirm: true, payment_method: card })).id;
const newest = async () => (await emulator.stripe.events.list({ limit: 1 })).data[0];
const warningsOf = async (payment_intent: string) =>
  (await emulator.stripe.radar.earlyFraudWarnings.list({ payment_intent })).data;
const open = async (payment_intent: string) =>
  String((await emulator.control('POST', 'reviews', { payment_intent })).id);

describe('an early fraud warning', () => {
  test('comes when the network sends one, and can be read by its payment', async () => {
    const id = await paid();
    const warning = await emulator.control('POST', 'early_fraud_warnings', { payment_intent: id });
    expect(await newest()).toMatchObject({ type: 'radar.early_fraud_warning.created', data: { object: warning } });
    const [listed] = await warningsOf(id);
    expect(listed).toMatchObject({ payment_intent: id, actionable: true, fraud_type: 'misc' });
    const read = await emulator.stripe.radar.earlyFraudWarnings.retrieve(String(warning.id));
    expect(read).toMatchObject({ id: listed?.id, charge: expect.stringMatching(/^ch_/) });
  });

  test('comes at once for the test card of fraud, whose payment stands all the same', async () => {
    const id = await paid('pm_card_createIssuerFraudRecord');
    expect(await warningsOf(id)).toHaveLength(1);
    expect((await emulator.stripe.paymentIntents.retrieve(id)).status).toBe('succeeded');
  });

  test('leaves nothing to be done once all has gone back', async () => {
    const id = await paid('pm_card_createIssuerFraudRecord');
    await emulator.stripe.refunds.create({ payment_intent: id, amount: 1 });
    expect(await warningsOf(id)).toMatchObject([{ actionable: true }]);
    await emulator.stripe.refunds.create({ payment_intent: id, reason: 'fraudulent' });
    expect(await warningsOf(id)).toMatchObject([{ actionable: false }]);
    expect(await newest()).toMatchObject({
      type: 'radar.early_fraud_warning.updated',
      data: { previous_attributes: { actionable: true } },
    });
  });

  test('needs a payment that was made', async () => {
    const { id } = await emulator.stripe.paymentIntents.create(mug);
    const warn = (payment_intent: string) => emulator.control('POST', 'early_fraud_warnings', { payment_intent });
    await expect(warn(id)).rejects.toThrow(/400: .*has no charge/);
    await expect(warn('pi_none')).rejects.toThrow(/404: .*No such payment_intent/);
  });
});

describe('a review', () => {
  test('is opened, is named by its payment, and ends when a person approves', async () => {
    const id = await paid();
    const review = await open(id);
    expect(await newest()).toMatchObject({ type: 'review.opened', data: { object: { id: review, open: true } } });
    const intent = await emulator.stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    expect(intent).toMatchObject({ review, latest_charge: { review } });
    expect((await emulator.stripe.reviews.list()).data.map((r) => r.id)).toContain(review);
    expect(await emulator.stripe.reviews.approve(review)).toMatchObject({ open: false, closed_reason: 'approved' });
    expect((await newest())?.type).toBe('review.closed');
    expect((await emulator.stripe.reviews.list()).data.map((r) => r.id)).not.toContain(review);
    await expect(emulator.stripe.reviews.approve(review)).rejects.toMatchObject({ statusCode: 400 });
  });

  test.each([
    ['refunded', (id: string) => emulator.stripe.refunds.create({ payment_intent: id })],
    [
      'refunded_as_fraud',
      (id: string) => emulator.stripe.refunds.create({ payment_intent: id, reason: 'fraudulent' as const }),
    ],
    ['disputed', (id: string) => emulator.control('POST', 'disputes', { payment_intent: id })],
  ])('ends by itself when the payment was %s', async (reason, end) => {
    const id = await paid();
    const review = await open(id);
    await end(id);
    expect(await emulator.stripe.reviews.retrieve(review)).toMatchObject({ open: false, closed_reason: reason });
  });
});

test('warnings and reviews are still there after a restart', async () => {
  const id = await paid('pm_card_createIssuerFraudRecord');
  const review = await open(id);
  await emulator.restart();
  expect(await warningsOf(id)).toHaveLength(1);
  expect((await emulator.stripe.reviews.retrieve(review)).open).toBe(true);
});
