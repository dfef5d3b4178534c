import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { WithStartWorkflowOperation, type WorkflowHandle } from '@temporalio/client';
import Stripe from 'stripe';
import {
  CHECKOUT_TASK_QUEUE,
  CHECKOUT_WORKFLOW,
  type CheckoutInput,
  type CheckoutOutcome,
  type CheckoutPolicy,
  checkoutWorkflowId,
  signals,
  updates,
} from '../../contract/checkout.js';
import type { AfterSaleDeps } from '../../domain/after-sale/follow.js';
import type { LatePaymentPolicy } from '../../domain/after-sale/late-payment.js';
import type { Database } from '../../domain/database.js';
import { loadCheckout } from '../../domain/orders/load.js';
import { pageKeyOf } from '../../domain/orders/page-key.js';
import type { AcceptedRequest } from '../../domain/orders/requests.js';
import type { ProviderRecords } from '../../domain/payments/provider.js';
import { seed } from '../../prisma/seed.js';
import { createStripeClient, createStripeProvider, createStripeRecords } from '../../stripe/provider.js';
import { startEmulator } from '../../stripe-emulator/index.js';
import { createTestDatabase } from './postgres.js';
import { scratchPlace } from './scratch-place.js';
import { openTemporal, type TestTemporal } from './temporal.js';

export const cards = {
  good: 'pm_card_visa',
  declined: 'pm_card_visa_chargeDeclined',
  challenge: 'pm_card_authenticationRequired',
} as const;

const patientPolicy: CheckoutPolicy = {
  holdSeconds: 600,
  captureMethod: 'automatic',
  onPaymentFailure: 'cancel',
  onCaptureExpiry: 'cancel',
  undoPatienceSeconds: 600,
};

/** The saga over its real parts, without HTTP: PostgreSQL, Temporal, a worker and the Stripe emulator. */
export interface Shop {
  readonly db: Database;
  readonly databaseUrl: string;
  readonly temporal: TestTemporal;
  readonly stripe: Stripe;
  readonly emulatorUrl: string;
  /** every SQL statement the worker sent, in order */
  readonly statements: string[];
  readonly deps: AfterSaleDeps & { readonly records: ProviderRecords };
  control(method: 'PUT' | 'POST', what: string, body?: unknown): Promise<void>;
  checkout(cart: Record<string, number>, policy?: Partial<CheckoutPolicy>, orderId?: string): Promise<Order>;
  /** the checkout is started and not waited for */
  begin(cart: Record<string, number>, policy?: Partial<CheckoutPolicy>, orderId?: string): Promise<Order>;
  /** an order that was opened elsewhere, by the API say */
  order(orderId: string): Order;
  stockOf(product: string): Promise<{ available: number; held: number; sold: number }>;
  stopWorker(): Promise<void>;
  startWorker(): Promise<void>;
  close(): Promise<void>;
}

export interface Order {
  readonly id: string;
  readonly handle: WorkflowHandle;
  state(): Promise<NonNullable<Awaited<ReturnType<typeof loadCheckout>>>>;
  intentId(): Promise<string>;
  /** the customer confirms with a card; a decline is not an error of the test */
  pay(card: string): Promise<void>;
  /** an event about the order's intent is in the inbox and signalled, as the webhook route does it */
  hears(type: string): Promise<string>;
  facts(): Promise<string[]>;
  outcome(): Promise<CheckoutOutcome>;
}

let orders = 0;

export async function openShop({
  stock,
  latePaymentPolicy = 'refund',
}: {
  readonly stock: Record<string, number>;
  readonly latePaymentPolicy?: LatePaymentPolicy;
}): Promise<Shop> {
  const statements: string[] = [];
  const { db, url, drop } = await createTestDatabase({ onStatement: (sql) => statements.push(sql) });
  const dir = await mkdtemp(path.join(scratchPlace(), 'holdfast-emulator-'));
  const [temporal, emulator] = await Promise.all([openTemporal(), startEmulator({ port: 0, dataDir: dir })]);
  await seed(
    db,
    Object.entries(stock).map(([id, units]) => [id, `A ${id}`, 1250, 'usd', units] as const),
  );
  const stripe = createStripeClient({ secretKey: 'sk_test_shop', apiBase: emulator.url });
  const customer = createStripeClient({ secretKey: 'pk_test_shop', apiBase: emulator.url });
  const deps = {
    db,
    provider: createStripeProvider(stripe, {
      successUrl: 'http://shop.test/paid?order={ORDER_ID}',
      cancelUrl: 'http://shop.test/checkout/{ORDER_ID}?key={ORDER_KEY}',
      keyOf: (orderId) => pageKeyOf(orderId, 'sk_test_shop'),
    }),
    records: createStripeRecords(stripe),
    latePaymentPolicy,
    alert: () => undefined,
  };
  let worker: Awaited<ReturnType<TestTemporal['startWorker']>> | undefined = await temporal.startWorker(deps);

  const request = (cart: Record<string, number>): AcceptedRequest => {
    const items = Object.entries(cart).map(([productId, quantity]) => ({
      productId,
      productName: `A ${productId}`,
      quantity,
      unitPriceMinor: 1250,
    }));
    return {
      userId: 'customer-1',
      currency: 'usd',
      totalMinor: items.reduce((sum, item) => sum + item.quantity * 1250, 0),
      items,
    };
  };
  const startOf = (orderId: string, policy: Partial<CheckoutPolicy>) => ({
    workflowId: checkoutWorkflowId(orderId),
    taskQueue: CHECKOUT_TASK_QUEUE,
    args: [{ orderId, policy: { ...patientPolicy, ...policy } }] as [CheckoutInput],
    workflowTaskTimeout: '3s' as const,
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' as const,
  });
  const accept = async (cart: Record<string, number>, orderId: string): Promise<void> => {
    await db.$executeRaw`INSERT INTO checkout_request (order_id, user_id, body_hash, body)
      VALUES (${orderId}, 'customer-1', 'hash', ${JSON.stringify(request(cart))}::jsonb) ON CONFLICT DO NOTHING`;
  };
  const orderOf = (id: string): Order => {
    const handle = temporal.client.workflow.getHandle(checkoutWorkflowId(id));
    const state: Order['state'] = async () => {
      const found = await loadCheckout(db, id);
      if (!found) throw new Error(`There is no order ${id}`);
      return found;
    };
    const intentId = async (): Promise<string> => {
      const found = (await state()).payment?.intentId;
      if (!found) throw new Error(`Order ${id} has no intent yet`);
      return found;
    };
    return {
      id,
      handle,
      state,
      intentId,
      pay: async (card) => {
        const { payment } = await state();
        // As Stripe.js does it; the SDK's types know the server's side only.
        const asCustomer = { payment_method: card, client_secret: payment?.clientSecret ?? '' };
        await customer.paymentIntents.confirm(await intentId(), asCustomer).catch((error: unknown) => {
          if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
        });
      },
      hears: async (type) => {
        const eventId = `evt_${id}_${type}_${++orders}`;
        await db.$executeRaw`INSERT INTO webhook_inbox (event_id, type, object_id, intent_id, order_id, payload, next_attempt_at)
          VALUES (${eventId}, ${type}, ${await intentId()}, ${await intentId()}, ${id}, '{}', now())`;
        await handle.signal(signals.paymentEventReceived, { eventId });
        return eventId;
      },
      facts: async () =>
        (
          await db.$queryRaw<
            { topic: string }[]
          >`SELECT topic FROM outbox WHERE stream = 'order' AND key = ${id} ORDER BY seq`
        ).map((r) => r.topic),
      outcome: () => handle.result() as Promise<CheckoutOutcome>,
    };
  };
  const begin: Shop['begin'] = async (cart, policy = {}, orderId = `order-${process.pid}-${++orders}`) => {
    await accept(cart, orderId);
    await temporal.client.workflow.start(CHECKOUT_WORKFLOW, startOf(orderId, policy));
    return orderOf(orderId);
  };
  return {
    db,
    databaseUrl: url,
    temporal,
    stripe,
    emulatorUrl: emulator.url,
    statements,
    deps,
    control: async (method, what, body) => {
      const response = await fetch(`${emulator.url}/_emulator/${what}`, {
        method,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body ?? {}),
      });
      if (!response.ok) throw new Error(`The emulator refused ${what}: ${await response.text()}`);
    },
    begin,
    order: orderOf,
    checkout: async (cart, policy = {}, orderId = `order-${process.pid}-${++orders}`) => {
      await accept(cart, orderId);
      await temporal.client.workflow.executeUpdateWithStart(updates.open, {
        updateId: updates.open,
        args: [],
        startWorkflowOperation: new WithStartWorkflowOperation(CHECKOUT_WORKFLOW, {
          ...startOf(orderId, policy),
          workflowIdConflictPolicy: 'USE_EXISTING',
        }),
      });
      return orderOf(orderId);
    },
    stockOf: async (product) => {
      const [row] = await db.$queryRaw<{ available: number; held: number; sold: number }[]>`
        SELECT available, held, sold FROM stock WHERE product_id = ${product}`;
      if (!row) throw new Error(`There is no product ${product}`);
      return row;
    },
    stopWorker: async () => {
      await worker?.stop();
      worker = undefined;
    },
    startWorker: async () => {
      worker ??= await temporal.startWorker(deps);
    },
    close: async () => {
      await worker?.stop();
      await temporal.close();
      await emulator.close();
      await drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
