import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { openTill, type Till } from '../support/till.js';

let api: Api;
let till: Till;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 }, env: { UNDO_PATIENCE_SECONDS: '1' } });
  till = await openTill(api);
});
afterAll(() => api.close());

/** Cancelled by a person while Stripe could not cancel the intent; then the money came, and went back. */
async function cancelledAndRefunded(orderId: string): Promise<string> {
  const intent = await till.skipped(orderId, { mug: 2 });
  await api.stripe.paymentIntents.confirm(intent, {
    payment_method: 'pm_card_visa',
    return_url: 'https://shop.example/back',
  });
  await till.becomes(orderId, 'paymentStatus', 'REFUNDED');
  return intent;
}

test('a dispute neither opens a cancelled order again nor moves its stock', { timeout: 60_000 }, async () => {
  const intent = await cancelledAndRefunded('gone');
  const facts = await api.order('gone').facts();
  await api.control('POST', 'disputes', { payment_intent: intent });
  const [dispute] = (await api.stripe.disputes.list({ payment_intent: intent })).data;
  await api.control('POST', `disputes/${dispute?.id}/resolve`, { outcome: 'lost' });
  await eventually(async () => {
    await api.dispatch();
    const [row] = await api.db.$queryRaw<{ n: number }[]>`
      SELECT count(*)::int AS n FROM webhook_inbox WHERE type LIKE 'charge.dispute.%' AND state = 'APPLIED'`;
    return row?.n === 3;
  });
  expect(await till.stateOf('gone')).toMatchObject({ status: 'CANCELLED' });
  expect(await api.stockOf('mug')).toEqual({ available: 10, held: 0, sold: 0 });
  const told = (await api.order('gone').facts()).slice(facts.length);
  expect(told.filter((fact) => fact !== 'order.updated')).toEqual([]);
});
