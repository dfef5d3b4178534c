/** Texts from outside that PostgreSQL refuses to store: a zero character, half of a character, nesting without end. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { encodeCursor } from '../../platform/http/paging.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer, Caller } from '../support/http.js';
import { cards } from '../support/shop.js';

let api: Api;
let customer: Caller;
let operator: Caller;
let opened: { readonly id: string; readonly intent: string };
beforeAll(async () => {
  api = await openApi({ stock: { mug: 1000 } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
  await api.control('PUT', 'webhooks', { mode: 'drop' });
  opened = await open('order-1');
});
afterAll(() => api.close());

async function open(orderId: string) {
  const { body } = await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId }));
  return { id: orderId, intent: body.paymentIntentId };
}

const unstorable = [
  ['a zero character', 'a\0b'],
  ['the first half of a character', 'a\ud83d'],
  ['the second half of a character', '\ude00b'],
] as const;
const eventWith = (event: object, object: object = {}) => ({
  object: 'event',
  type: 'payment_intent.processing',
  ...event,
  data: { object: { id: opened.intent, object: 'payment_intent', ...object } },
});
const lists = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const events = async (): Promise<number> =>
  Number((await api.db.$queryRaw<{ n: bigint }[]>`SELECT count(*) AS n FROM webhook_inbox`)[0]?.n);

describe('a signed webhook is stored and answered 200, once, whatever text is in it', () => {
  test.each(unstorable)('%s in any of its fields', async (_what, text) => {
    const tag = Buffer.from(text, 'utf16le').toString('hex');
    const bodies = [
      eventWith({ id: text }),
      eventWith({ id: `evt_type_${tag}`, type: text }),
      eventWith({ id: `evt_version_${tag}`, api_version: text }),
      eventWith({ id: `evt_key_${tag}`, [text]: 1 }),
      eventWith({ id: `evt_object_${tag}` }, { id: text }),
      eventWith({ id: `evt_intent_${tag}` }, { id: 'ch_1', payment_intent: text }),
      eventWith({ id: `evt_order_${tag}` }, { id: 'pi_unknown', metadata: { orderId: text } }),
      eventWith({ id: `evt_metadata_${tag}` }, { metadata: { [text]: text } }),
      { id: `evt_thin_${tag}`, object: 'v2.core.event', type: text, related_object: { id: text } },
    ];
    const before = await events();
    for (const body of bodies)
      for (const _twice of [1, 2]) expect((await api.deliver(body)).status, JSON.stringify(body)).toBe(200);
    expect(await events()).toBe(before + bodies.length);
  });

  test.each([5_000, 100_000])('%i lists, one in the other', async (depth) => {
    const body = `{"id":"evt_deep_${depth}","type":"payment_intent.processing","data":${lists(depth)}}`;
    expect((await api.deliver(body)).status).toBe(200);
    const [row] = await api.db.$queryRaw<{ payload: unknown }[]>`
      SELECT payload FROM webhook_inbox WHERE event_id = ${`evt_deep_${depth}`}`;
    expect(row?.payload).toBe(body);
  });

  test('an id that is too long to be looked up', async () => {
    const before = await events();
    const long = 'evt_'.padEnd(10_000, 'x');
    expect((await api.deliver(eventWith({ id: long }))).status).toBe(200);
    expect((await api.deliver(eventWith({ id: long }, { id: long, payment_intent: long }))).status).toBe(200);
    expect(await events()).toBe(before + 2);
  });

  test('the rest of such an event is still what it is about', async () => {
    const { id, intent } = await open('order-2');
    await api.order(id).pay(cards.good);
    const event = { id: 'evt_paid', object: 'event', type: 'payment_intent.succeeded', note: 'a\0b' };
    const answer = await api.deliver({ ...event, data: { object: { id: intent, object: 'payment_intent' } } });
    expect(answer.status).toBe(200);
    await eventually(async () => (await customer.get(`/v1/orders/${id}`)).body.status === 'CONFIRMED');
  });
});

describe('a request with such a text is refused with 422', () => {
  const expectRefused = ({ status, headers, body }: Answer, field: string): void => {
    expect(status, JSON.stringify(body)).toBe(422);
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(body.errors?.map((error) => error.field)).toEqual([field]);
  };

  test.each(unstorable)('%s in a body', async (_what, text) => {
    const line = { productId: 'mug', quantity: 1, price: 12.5, productName: text };
    expectRefused(await customer.post(CHECKOUT, cartOf({ mug: 1 }, { items: [line] })), 'items[0].productName');
    const reason = `because ${text}`;
    const reference = 'ticket 1';
    expectRefused(await operator.post(`/v1/orders/${opened.id}/refunds`, { reason }), 'reason');
    expectRefused(await operator.post(`/v1/ops/sagas/${opened.id}/skip`, { reason }), 'reason');
    expectRefused(
      await operator.post(`/v1/ops/sagas/${opened.id}/resolve`, { reason: 'done', reference: text }),
      'reference',
    );
    expectRefused(await operator.post('/v1/ops/webhooks/evt_1/retry', { reason }), 'reason');
    expectRefused(await operator.post('/v1/ops/webhooks/evt_1/ignore', { reason }), 'reason');
    expectRefused(await operator.post('/v1/ops/dead-letters/1/redrive', { reason }), 'reason');
    expectRefused(await operator.post('/v1/ops/dead-letters/1/discard', { reason }), 'reason');
    expectRefused(await operator.post('/v1/ops/approvals/1/approve', { reason }), 'reason');
    expectRefused(await operator.post('/v1/ops/drift/1/resolve', { reason, reference }), 'reason');
  });

  test('a zero character in a filter or a path', async () => {
    expectRefused(await operator.get('/v1/ops/webhooks?type=a%00b'), 'type');
    expectRefused(await operator.get('/v1/ops/dead-letters?topic=a%00b'), 'topic');
    expectRefused(await operator.get('/v1/orders?userId=a%00b'), 'userId');
    expectRefused(await customer.get('/v1/orders/a%00b'), 'id');
    expectRefused(await customer.get('/v1/products/a%00b'), 'id');
  });
});

test.each([
  ['2026-02-29T00:00:00.000Z'],
  ['2026-04-31T00:00:00.000Z'],
  ['0000-01-01T00:00:00.000Z'],
  ['2026-01-01T24:00:00.000Z'],
  ['2026-01-01T00:00:00.000+23:59'],
])('a cursor that names %s is refused by every list', async (time) => {
  const cursor = encodeCursor([time, 'order-1']);
  for (const list of ['/v1/orders', '/v1/ops/webhooks', '/v1/ops/attention']) {
    const { status, body } = await operator.get(`${list}?cursor=${cursor}`);
    expect(status, list).toBe(400);
    expect(body.errors?.map(({ field }) => field)).toEqual(['cursor']);
  }
});
