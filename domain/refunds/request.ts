import { type Database, isUniqueViolation, type Prisma } from '../database.js';
import { formatMoney } from '../money.js';
import { Refusal } from '../refusal.js';
import { type Refund, type RefundLines, refundsOf, spokenFor } from './rows.js';

export interface RefundRequest {
  /** derived from who asks and under which key, so that a repeat is the same refund */
  readonly id: string;
  /** made of who asks and their key: a second refund under it is refused, whichever order it is of; absent without one */
  readonly key?: string;
  readonly orderId: string;
  /** absent means all that is left */
  readonly amountMinor?: number;
  readonly reason: string | null;
  readonly lines: RefundLines;
  readonly requestedBy: string;
  /** over the request's values: another request under the same id is refused */
  readonly requestHash: string;
}

/**
 * Notes a refund, if there is as much left; the money moves later, in the order's after-sale workflow. The order's row is
 * locked while what is left is counted, so two requests at once cannot give the same money back twice.
 * @throws Refusal `NothingToRefund`, `RefundTooLarge`, `RefundLinesInvalid`, `IdempotencyKeyConflict`
 */
export async function requestRefund(db: Database, request: RefundRequest): Promise<Refund> {
  try {
    return await noteRefund(db, request);
  } catch (error) {
    if (isUniqueViolation(error)) throw keyTaken();
    throw error;
  }
}

async function noteRefund(db: Database, request: RefundRequest): Promise<Refund> {
  const { id, key = null, orderId, requestHash } = request;
  return db.$transaction(async (tx) => {
    const [order] = await tx.$queryRaw<Captured[]>`
      SELECT o.status::text, o.payment_status::text, o.currency, p.captured_minor,
             NOT EXISTS (SELECT 1 FROM dispute d WHERE d.order_id = o.id AND d.taken_minor > 0 AND d.state <> 'LOST') AS lost
        FROM orders o LEFT JOIN payment p ON p.order_id = o.id WHERE o.id = ${orderId} FOR UPDATE OF o`;
    const before = await refundsOf(tx, orderId);
    const known = before.find((refund) => refund.id === id);
    if (known && known.requestHash !== requestHash) throw keyTaken();
    if (known) return known;
    const minor = amountOf(request, order, before);
    await checkLines(tx, request, before);
    await tx.$executeRaw`
      INSERT INTO refund (id, order_id, amount_minor, currency, reason, lines, requested_by, request_hash, request_key)
      VALUES (${id}, ${orderId}, ${minor}::bigint, ${order?.currency}, ${request.reason}, ${JSON.stringify(request.lines)}::jsonb,
              ${request.requestedBy}, ${requestHash}, ${key})`;
    const noted = (await refundsOf(tx, orderId)).find((refund) => refund.id === id);
    if (!noted) throw new Error(`refund ${id} was not stored`);
    return noted;
  });
}

const keyTaken = (): Refusal =>
  new Refusal('IdempotencyKeyConflict', 'This idempotency key was used for another refund. Take a new one.');

interface Captured {
  status: string;
  payment_status: string;
  currency: string;
  captured_minor: bigint | null;
  /** whatever banks hold of the payment, they have decided to keep */
  lost: boolean;
}

function amountOf(
  { orderId, amountMinor }: RefundRequest,
  order: Captured | undefined,
  before: readonly Refund[],
): number {
  if (!order) throw new Refusal('OrderNotFound', `There is no order ${orderId}.`);
  if (order.status !== 'CONFIRMED')
    throw new Refusal(
      'NothingToRefund',
      `Order ${orderId} is ${order.status}: only a confirmed order has money to give back.`,
    );
  if (order.payment_status === 'DISPUTED')
    throw new Refusal(
      'NothingToRefund',
      order.lost
        ? `The dispute about the payment of order ${orderId} is lost: the customer has the money already.`
        : `The payment of order ${orderId} is disputed: answer the dispute, its outcome moves the money.`,
    );
  const left = Number(order.captured_minor ?? 0n) - spokenFor(before);
  if (left <= 0) throw new Refusal('NothingToRefund', `All that order ${orderId} has paid is refunded already.`);
  const minor = amountMinor ?? left;
  if (minor > left) {
    const message = `${formatMoney({ minor: left, currency: order.currency })} is left to refund`;
    throw new Refusal('RefundTooLarge', `amount: ${message}.`, [{ field: 'amount', message }]);
  }
  return minor;
}

/** Nothing comes back that was not bought, or has come back before. */
async function checkLines(
  tx: Prisma.TransactionClient,
  { orderId, lines }: RefundRequest,
  before: readonly Refund[],
): Promise<void> {
  if (lines.length === 0) return;
  const bought = await tx.$queryRaw<{ product_id: string; quantity: number }[]>`
    SELECT product_id, quantity FROM stock_hold WHERE order_id = ${orderId}`;
  const earlier = before.filter(({ status }) => status !== 'FAILED' && status !== 'CANCELLED').flatMap((r) => r.lines);
  const errors = lines.flatMap(({ productId }, i) => {
    const returned = [...earlier, ...lines.slice(0, i + 1)].filter((line) => line.productId === productId);
    const quantity = returned.reduce((sum, line) => sum + line.quantity, 0);
    const of = bought.find((line) => line.product_id === productId)?.quantity ?? 0;
    if (quantity <= of) return [];
    const message =
      of === 0
        ? `${productId} is not in this order`
        : `${of} of ${productId} were bought, and ${quantity} would come back`;
    return [{ field: `lines[${i}]`, message }];
  });
  const [first] = errors;
  if (first) throw new Refusal('RefundLinesInvalid', `${first.field}: ${first.message}.`, errors);
}
