import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DeadLetter } from '../../events/dead-letters.js';
import { keepDeadLetter } from '../../operations/dead-letters/keep.js';
import { markRedriven, nextToRedrive } from '../../operations/dead-letters/redrive.js';
import { createMetrics } from '../../platform/metrics.js';
import { deadLetterMetrics } from '../../workers/loops/dead-letters.js';
import { letter } from '../dead-letters/letters.js';
import { type Api, CHECKOUT, cartOf, openApi } from '../support/api.js';
import type { Caller } from '../support/http.js';

let api: Api;
let customer: Caller;
let operator: Caller;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 } });
  customer = await api.as('customer-1');
  operator = await api.as('operator-1', 'operator');
});
afterAll(() => api.close());

const LETTERS = '/v1/ops/dead-letters';
const reason = 'the handler is corrected';
/** @returns its id */
async function bury(more: Partial<DeadLetter> = {}): Promise<string> {
  await keepDeadLetter(api.db, letter(more));
  return String((await operator.get(`${LETTERS}?limit=1`)).body.data[0]?.id);
}
const listed = async (query: string) => (await operator.get(`${LETTERS}?${query}`)).body;
const ids = ({ data }: { readonly data: readonly Readonly<Record<string, unknown>>[] }) => data.map(({ id }) => id);
/** What the relay does with those that it is asked to send. */
async function sendBack(): Promise<void> {
  for (const { id } of await nextToRedrive(api.db, 100)) await markRedriven(api.db, id);
}

describe('an operator sees the dead letters', () => {
  test('filtered by service, state, topic and order, in pages, newest first', async () => {
    const one = await bury({ orderId: 'seen', key: 'seen' });
    const two = await bury({ orderId: 'seen', key: 'seen', originTopic: 'payment.completed' });
    const three = await bury({ letterTopic: 'products.dlq' });
    expect(ids(await listed('orderId=seen'))).toEqual([two, one]);
    expect(ids(await listed('orderId=seen&topic=order.created&state=OPEN'))).toEqual([one]);
    expect(ids(await listed('service=products'))).toEqual([three]);
    const first = await listed('limit=2');
    expect(ids(first)).toEqual([three, two]);
    const rest = await listed(`limit=2&cursor=${first.nextCursor}`);
    expect([ids(rest), rest.nextCursor]).toEqual([[one], null]);
  });

  test('each with what it says, as text where it is text', async () => {
    const text = (await operator.get(`${LETTERS}/${await bury({ value: Buffer.from('{"a":"ü"}') })}`)).body;
    expect(text).toMatchObject({
      state: 'OPEN',
      service: 'orders',
      topic: 'order.created',
      partition: 1,
      offset: '44',
    });
    expect(text).toMatchObject({ value: '{"a":"ü"}', valueEncoding: 'text', actions: [], error: 'no such product' });
    expect(text.headers).toMatchObject({ dlq_topic: 'order.created' });
    const bytes = (await operator.get(`${LETTERS}/${await bury({ value: Buffer.from([0, 255]) })}`)).body;
    expect(bytes).toMatchObject({ value: 'AP8=', valueEncoding: 'base64' });
    const none = (await operator.get(`${LETTERS}/${await bury({ value: null })}`)).body;
    expect(none).toMatchObject({ value: null, valueEncoding: null });
  });

  test('alone: a customer is told no, and so is who asks for nonsense', async () => {
    const id = await bury();
    for (const path of [LETTERS, `${LETTERS}/${id}`]) expect((await customer.get(path)).status).toBe(403);
    for (const what of ['redrive', 'discard'])
      expect((await customer.post(`${LETTERS}/${id}/${what}`, { reason })).status).toBe(403);
    for (const query of ['state=LOST', 'service=emulator', 'cursor=WyJ4Il0'])
      expect((await operator.get(`${LETTERS}?${query}`)).status, query).toBe(400);
    expect((await operator.post(`${LETTERS}/${id}/redrive`)).status).toBe(400);
    for (const unknown of ['999999', 'x', '9'.repeat(30)])
      expect((await operator.get(`${LETTERS}/${unknown}`)).body).toMatchObject({
        status: 404,
        code: 'dead-letter-not-found',
      });
  });
});

describe('an operator decides on a dead letter', () => {
  const decide = async (id: string, what: 'redrive' | 'discard') =>
    (await operator.post(`${LETTERS}/${id}/${what}`, { reason })).body;

  test('to send it back: asked once or twice, it is written down once', async () => {
    const id = await bury();
    expect(await decide(id, 'redrive')).toMatchObject({ state: 'REDRIVING', settledAt: null });
    expect(await decide(id, 'redrive')).toMatchObject({ state: 'REDRIVING' });
    await sendBack();
    const sent = await decide(id, 'redrive');
    expect(sent).toMatchObject({ state: 'REDRIVEN', settledAt: expect.any(String) });
    expect(sent.actions).toMatchObject([{ actor: 'operator-1', action: 'redrive-dead-letter', reason }]);
  });

  test('to discard it: after that nobody sends it back', async () => {
    const id = await bury();
    expect(await decide(id, 'discard')).toMatchObject({ state: 'DISCARDED' });
    expect(await decide(id, 'discard')).toMatchObject({
      state: 'DISCARDED',
      actions: [{ action: 'discard-dead-letter' }],
    });
    expect(await decide(id, 'redrive')).toMatchObject({ status: 409, code: 'dead-letter-settled' });
    expect(await nextToRedrive(api.db, 100)).toEqual([]);
  });

  test('that is on its way or back: it cannot be discarded any more', async () => {
    const id = await bury();
    await decide(id, 'redrive');
    expect(await decide(id, 'discard')).toMatchObject({ status: 409, detail: expect.stringContaining('REDRIVING') });
    await sendBack();
    expect(await decide(id, 'discard')).toMatchObject({ status: 409, detail: expect.stringContaining('REDRIVEN') });
  });

  test.each([
    ['nowhere', null],
    ['a topic that is not ours', 'weather.changed'],
    ['a topic of dead letters', 'orders.dlq'],
  ])('that came from %s: it can only be discarded', async (_where, originTopic) => {
    const id = await bury({ originTopic });
    expect(await decide(id, 'redrive')).toMatchObject({ status: 409, code: 'dead-letter-without-origin' });
    expect(await decide(id, 'discard')).toMatchObject({ state: 'DISCARDED' });
  });

  test('and it stands in the timeline of the order that it is about', async () => {
    await customer.post(CHECKOUT, cartOf({ mug: 1 }, { orderId: 'buried' }));
    await decide(await bury({ orderId: 'buried' }), 'discard');
    const { body } = await operator.get('/v1/ops/orders/buried/timeline');
    expect(body.data).toContainEqual(expect.objectContaining({ kind: 'operator', name: 'discard-dead-letter' }));
  });
});

test('how many stand in front of a person is a metric, by topic and state', async () => {
  const metrics = createMetrics('relay');
  deadLetterMetrics(metrics, api.db);
  await api.db.$executeRaw`DELETE FROM dead_letter`;
  await bury();
  await bury({ letterTopic: 'products.dlq' });
  await operator.post(`${LETTERS}/${await bury({ letterTopic: 'products.dlq' })}/redrive`, { reason });
  const text = await metrics.registry.metrics();
  for (const [topic, state, count] of [
    ['orders.dlq', 'OPEN', 1],
    ['products.dlq', 'OPEN', 1],
    ['products.dlq', 'REDRIVING', 1],
    ['payment.dlq', 'OPEN', 0],
  ])
    expect(text).toContain(`dead_letters{topic="${topic}",state="${state}",service="relay"} ${count}`);
});
