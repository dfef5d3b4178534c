import type { WorkflowHandle } from '@temporalio/client';
import { type CheckoutPolicy, signals } from '../../../contract/checkout.js';
import type { Intent, PaymentProvider } from '../../../domain/payments/provider.js';
import { eventually } from '../../support/eventually.js';
import type { Order, Shop } from '../../support/shop.js';

/** Plays until the workflow has ended or is about to. @returns the workflow whose history is kept */
export type Story = (shop: Shop) => Promise<WorkflowHandle>;
export type Stories = Readonly<Record<string, Story>>;

export const undoNames = ['cancel payment', 'release stock', 'cancel order'];

/** Plays `act` while Stripe answers these calls with this status, as often as said or until the act is over. */
export async function whileStripe(
  shop: Shop,
  fault: { readonly method: string; readonly path: string; readonly status: number; readonly times?: number },
  act: () => Promise<unknown>,
): Promise<void> {
  await shop.control('PUT', 'faults', { faults: [fault] });
  await act();
  await shop.control('PUT', 'faults', { faults: [] });
}

/** Plays the story with a worker whose Stripe reads an intent differently. */
export async function withReads(shop: Shop, read: (intent: Intent) => Intent, story: Story): Promise<WorkflowHandle> {
  const provider: PaymentProvider = {
    ...shop.deps.provider,
    readIntent: async (id) => read(await shop.deps.provider.readIntent(id)),
  };
  await shop.stopWorker();
  const worker = await shop.temporal.startWorker({ ...shop.deps, provider });
  const handle = await story(shop);
  await handle.result();
  await worker.stop();
  await shop.startWorker();
  return handle;
}

export const becomes = (order: Order, status: string): Promise<unknown> =>
  eventually(async () => (await order.state()).payment?.status === status);
export const isParked = (order: Order): Promise<unknown> =>
  eventually(async () => (await order.state()).order.needsAttention);
export const isUndone = (order: Order): Promise<unknown> =>
  eventually(async () => (await order.state()).order.undoStarted);

/** An order whose customer has authorised the payment. */
export async function authorised(shop: Shop, policy: Partial<CheckoutPolicy> = {}) {
  const order = await shop.checkout({ mug: 2 }, { captureMethod: 'manual', ...policy });
  await order.pay('pm_card_visa');
  await order.hears('payment_intent.amount_capturable_updated');
  await becomes(order, 'AUTHORIZED');
  return order;
}

/** What the bank says of a debit that is on its way. */
export const bankSays = async (shop: Shop, order: Order, outcome: 'succeed' | 'fail'): Promise<void> =>
  shop.control('POST', `payment_intents/${await order.intentId()}/settle`, { outcome });

export const cancelUnheard = (order: Order): Promise<void> =>
  order.handle.signal(signals.cancelRequested, { by: 'customer' });

/** A request that was accepted, and not begun. @returns its order's id */
export async function accepted(shop: Shop, name: string, more: { readonly ui?: 'hosted' } = {}): Promise<string> {
  const orderId = `order-${process.pid}-${name}`;
  const items = [{ productId: 'mug', productName: 'A mug', quantity: 1, unitPriceMinor: 1250 }];
  const body = { userId: 'customer-1', currency: 'usd', totalMinor: 1250, items, ...more };
  await shop.db.$executeRaw`INSERT INTO checkout_request (order_id, user_id, body_hash, body)
    VALUES (${orderId}, 'customer-1', 'hash', ${JSON.stringify(body)}::jsonb)`;
  return orderId;
}
