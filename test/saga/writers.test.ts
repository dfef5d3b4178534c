import { afterAll, beforeAll, expect, test } from 'vitest';
import { parkOrder } from '../../domain/orders/park.js';
import { requestRefund } from '../../domain/refunds/request.js';
import type { OutgoingRecord } from '../../events/transport/publisher.js';
import { createRelay } from '../../events/transport/relay.js';
import { createLogger } from '../../platform/log.js';
import { createAfterSaleClient } from '../../temporal/after-sale-client.js';
import { eventually } from '../support/eventually.js';
import { cards, openShop, type Shop } from '../support/shop.js';

const ORDERS = 12;
let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 1000 } });
});
afterAll(() => shop.close());

test('facts of one order that the saga, after-sale and an operator tell at once leave in the order of their commits', {
  timeout: 120_000,
}, async () => {
  const sent: OutgoingRecord[] = [];
  const publish = async (records: readonly OutgoingRecord[]) => void sent.push(...records);
  const publisher = { publish, close: () => Promise.resolve() };
  const log = createLogger('test', 'silent');
  const relay = createRelay({ databaseUrl: shop.databaseUrl, publisher, log, batchSize: 7 });
  let told = false;
  const relaying = (async () => {
    while (!told || (await relay.runOnce()) > 0) await relay.runOnce();
  })();

  const afterSale = createAfterSaleClient(shop.temporal.client);
  const orders = await Promise.all(Array.from({ length: ORDERS }, () => shop.checkout({ mug: 1 })));
  await Promise.all(
    orders.map(async (order) => {
      await order.pay(cards.good);
      await Promise.all([
        parkOrder(shop.db, order.id, 'Someone looks at it.'),
        order.hears('payment_intent.succeeded'),
        shop.stripe.refunds.create({ payment_intent: await order.intentId(), amount: 300 }),
        afterSale.tell(order.id, 'customer-1', {}),
        parkOrder(shop.db, order.id, 'Someone else looks at it.'),
      ]);
      await order.outcome();
      const refund = (minor: number) => ask(order.id, minor).then(() => afterSale.tell(order.id, 'customer-1', {}));
      await Promise.all([refund(100), refund(200)]);
    }),
  );
  await eventually(async () => {
    const [open] = await shop.db.$queryRaw<
      { n: number }[]
    >`SELECT count(*)::int AS n FROM refund WHERE status = 'SUCCEEDED'`;
    return open?.n === 3 * ORDERS;
  });
  told = true;
  await relaying;
  await relay.close();

  for (const { id } of orders) {
    const numbers = sent.filter(({ key }) => key === id).map(({ headers }) => Number(headers.ce_sequence));
    expect(numbers).toEqual(numbers.map((_, i) => i + 1));
    expect(numbers.length).toBeGreaterThanOrEqual(8);
  }
});

/** An operator asks for a part of the money back. */
const ask = (orderId: string, amountMinor: number) =>
  requestRefund(shop.db, {
    id: `re_${orderId}_${amountMinor}`,
    orderId,
    amountMinor,
    reason: null,
    lines: [],
    requestedBy: 'operator-1',
    requestHash: String(amountMinor),
  });
