/** An order explains itself to operators: what happened, why, and what comes next. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import { cards } from '../support/shop.js';
import { openTill, type Till } from '../support/till.js';

let api: Api;
let till: Till;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 } });
  till = await openTill(api);
});
afterAll(() => api.close());

interface Told {
  readonly id: string;
  readonly kind: string;
  readonly name: string;
  readonly causedBy: string | null;
}
const timelineOf = async (orderId: string) => {
  const { body } = await till.operator.get(`/v1/ops/orders/${orderId}/timeline`);
  return body as unknown as { data: Told[]; next: { what: string; at: string | null }[] };
};
/** The entry of this name and what brought it about, from the end to the beginning. */
function why(data: readonly Told[], name: string): string[] {
  const entry = data.find((each) => each.name === name);
  const cause = data.find(({ id }) => id === entry?.causedBy);
  return entry ? [entry.name, ...(cause ? why(data, cause.name) : [])] : [];
}

test('an order that waits says for what and until when', async () => {
  const email = 'somebody@example.com';
  const { body } = await till.customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'waits', customerEmail: email }));
  const { data, next } = await timelineOf('waits');
  expect(next).toContainEqual({
    what: 'The customer pays; at this time the hold ends and the checkout is undone.',
    at: body.expiresAt,
  });
  expect(JSON.stringify(data)).not.toContain(email);
  expect(JSON.stringify(data)).not.toContain(body.clientSecret);
});

test('an order that was paid is explained by what Stripe told, with its workflow', async () => {
  await till.bought('paid');
  await api.order('paid').outcome();
  const { data } = await timelineOf('paid');
  expect(why(data, 'order.confirmed')).toEqual(['order.confirmed', 'order paid', 'payment_intent.succeeded']);
  expect(why(data, 'paymentEventReceived')).toEqual(['paymentEventReceived', 'payment_intent.succeeded']);
  expect(why(data, 'started')).toEqual(['started', 'checkout']);
  expect(data.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['openCheckout', 'settlePayment', 'ended', 'sale']),
  );
});

test('an order that was cancelled is explained by the decline, through every step of its undo', async () => {
  await till.customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'declined' }));
  await api.order('declined').pay(cards.declined);
  await till.becomes('declined', 'status', 'CANCELLED');
  const { data } = await timelineOf('declined');
  const because = ['undo begun', 'PAYMENT_FAILED', 'payment_intent.payment_failed'];
  for (const step of ['payment ended', 'stock released', 'order cancelled'])
    expect(why(data, step)).toEqual([step, ...because]);
  const place = new Map(data.map(({ id }, i) => [id, i]));
  const early = data.filter(({ causedBy }, i) => causedBy !== null && (place.get(causedBy) ?? data.length) >= i);
  expect(early).toEqual([]);
});

test('a refund is explained by who asked for it, to the books', async () => {
  await till.bought('refunded');
  await till.operator.post('/v1/orders/refunded/refunds', { amount: 5 });
  await till.becomes('refunded', 'paymentStatus', 'PARTIALLY_REFUNDED');
  const data = await eventually(
    async () => (await timelineOf('refunded')).data,
    (told) => told.some(({ name, kind }) => kind === 'ledger' && name === 'refund'),
  );
  expect(why(data, 'payment.refunded')).toEqual(['payment.refunded', 'refund moved', 'refund noted', 'refund']);
});
