/** What changes and the facts that tell of it are one statement: where the facts cannot be written, nothing is. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cancelPayment, openCheckout, settlePayment } from '../../domain/checkout.js';
import { releaseStock } from '../../domain/inventory/release.js';
import { cancelOrder } from '../../domain/orders/cancel.js';
import { type PaymentProvider, ProviderUnavailable } from '../../domain/payments/provider.js';
import type { Topic } from '../../events/index.js';
import { cards, type Order, openShop, type Shop } from '../support/shop.js';

let shop: Shop;
beforeAll(async () => {
  shop = await openShop({ stock: { mug: 1000 } });
  // Each step is called here as its activity calls it.
  await shop.stopWorker();
  await shop.db.$executeRaw`CREATE FUNCTION refuse_facts() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the facts cannot be written'; END $$`;
});
afterAll(() => shop.close());

/** Until when each order's stock is held: the same at every try. */
const expiresAt = new Date(Date.now() + 600_000);
const command = ({ id }: Order) => ({
  orderId: id,
  expiresAt,
  captureMethod: 'automatic' as const,
  traceparent: null,
});
const open = (order: Order, deps = shop.deps): Promise<unknown> => openCheckout(deps, command(order));
const undoPayment = (order: Order, deps = shop.deps): Promise<unknown> =>
  cancelPayment(deps, { ...command(order), reason: 'EXPIRED', undo: [] });
const withoutStripe = () => {
  const away = (): Promise<never> => Promise.reject(new ProviderUnavailable('Stripe is away', null));
  const provider: PaymentProvider = { ...shop.deps.provider, createIntent: away, readIntent: away };
  return { ...shop.deps, provider };
};

interface Step {
  readonly units?: number;
  /** what has happened before, each done */
  readonly before?: (order: Order) => Promise<unknown>;
  readonly act: (order: Order) => Promise<unknown>;
}
const steps: readonly [what: string, topic: Topic, Step][] = [
  ['an order that is placed', 'order.created', { act: open }],
  ['an order for which there is too little stock', 'order.cancelled', { units: 1001, act: open }],
  ['an undo that comes before its order', 'order.created', { act: undoPayment }],
  [
    'a payment that is opened',
    'payment.initiated',
    { before: (order) => expect(open(order, withoutStripe())).rejects.toThrow('away'), act: open },
  ],
  [
    'a payment that comes',
    'order.confirmed',
    {
      before: async (order) => {
        await open(order);
        await order.pay(cards.good);
      },
      act: (order) => settlePayment(shop.deps, order.id, []),
    },
  ],
  [
    'a payment that is cancelled',
    'saga.payment.compensate',
    {
      before: async (order) => {
        await open(order);
        await expect(undoPayment(order, withoutStripe())).rejects.toThrow('away');
      },
      act: undoPayment,
    },
  ],
  [
    'an order that is cancelled',
    'order.cancelled',
    {
      before: async (order) => {
        await open(order);
        await undoPayment(order);
        await releaseStock(shop.db, order.id);
      },
      act: (order) => cancelOrder(shop.db, order.id, 'EXPIRED'),
    },
  ],
];

test.each(steps)(
  '%s and its %s are written together or not at all',
  async (_what, topic, { units = 1, before, act }) => {
    const order = await shop.begin({ mug: units });
    await before?.(order);
    const rows = await rowsOf(order);
    await shop.db.$executeRawUnsafe(`CREATE TRIGGER refuse_facts BEFORE INSERT ON outbox
    FOR EACH ROW WHEN (NEW.topic = '${topic}') EXECUTE FUNCTION refuse_facts()`);
    try {
      await expect(act(order)).rejects.toThrow('the facts cannot be written');
    } finally {
      await shop.db.$executeRaw`DROP TRIGGER refuse_facts ON outbox`;
    }
    expect(await rowsOf(order)).toEqual(rows);
    await act(order);
    expect(await order.facts()).toContain(topic);
  },
);

/** Everything that is kept of an order, and the stock that it buys from. */
async function rowsOf({ id }: Order): Promise<unknown> {
  return shop.db.$queryRaw`
    SELECT (SELECT jsonb_agg(o) FROM orders o WHERE o.id = ${id}) AS orders,
           (SELECT jsonb_agg(l) FROM order_line l WHERE l.order_id = ${id}) AS lines,
           (SELECT jsonb_agg(p) FROM payment p WHERE p.order_id = ${id}) AS payment,
           (SELECT jsonb_agg(h) FROM stock_hold h WHERE h.order_id = ${id}) AS holds,
           (SELECT jsonb_agg(e) FROM ledger_entry e WHERE e.order_id = ${id}) AS entries,
           (SELECT jsonb_agg(f) FROM outbox f WHERE f.key = ${id}) AS facts,
           (SELECT jsonb_agg(s) FROM stock s WHERE s.product_id = 'mug') AS stock`;
}
