import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Static } from 'typebox';
import { toMinor } from '../../domain/money.js';
import { getOrder, type OrderView } from '../../domain/orders/read.js';
import { type RefundRequest, requestRefund } from '../../domain/refunds/request.js';
import { type Refund, refundsOf } from '../../domain/refunds/rows.js';
import { Refusal } from '../../domain/refusal.js';
import { operatorOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { CheckoutHeaders } from '../schemas/checkout.js';
import { OrderParams } from '../schemas/common.js';
import { RefundAnswer, RefundBody } from '../schemas/refunds.js';

/** How long the provider's answer is waited for before the refund is answered as under way. */
const ANSWER_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 100;

export function refundRoutes(app: App, { db, afterSales, log }: ApiContext): void {
  app.post(
    '/v1/orders/:id/refunds',
    {
      schema: {
        ...operationsOf('orders')(
          'refundOrder',
          'Give money back, in full or in part (operators)',
          'Answers with what became of it at Stripe; after 10 s with 202, and the refund stands. With an Idempotency-Key the same request again is the same refund.',
        ),
        params: OrderParams,
        headers: CheckoutHeaders,
        body: RefundBody,
        response: {
          200: RefundAnswer,
          202: RefundAnswer,
          ...refuses(403, 404, 409),
        },
      },
    },
    async (request, reply) => {
      const operator = operatorOf(request);
      const { orderId, userId, total } = await getOrder(db, request.params.id, null);
      const key = request.headers['idempotency-key'] ?? null;
      const wanted = refundOf(orderId, operator.id, key, request.body ?? {}, total.currency);
      const noted = await requestRefund(db, wanted);
      if (noted.status === 'REQUESTED') await tell(orderId, userId);
      const refund = await settled(orderId, noted);
      const { paymentStatus } = await getOrder(db, orderId, null);
      return reply.code(refund.status === 'REQUESTED' ? 202 : 200).send(answerOf(refund, paymentStatus));
    },
  );

  async function tell(orderId: string, userId: string): Promise<void> {
    try {
      await afterSales.tell(orderId, userId, {});
    } catch (error) {
      // It is noted, and the relay's sweep tells again.
      log.warn({ err: error, orderId }, 'A refund could not be begun yet');
    }
  }

  async function settled(orderId: string, noted: Refund): Promise<Refund> {
    const until = Date.now() + ANSWER_WITHIN_MS;
    for (let now = noted; ; await delay(LOOK_EVERY_MS)) {
      now = (await refundsOf(db, orderId)).find(({ id }) => id === noted.id) ?? now;
      if (now.status !== 'REQUESTED' || Date.now() > until) return now;
    }
  }
}

function refundOf(
  orderId: string,
  operator: string,
  key: string | null,
  body: NonNullable<Static<typeof RefundBody>>,
  currency: string,
): RefundRequest {
  const minor = body.amount === undefined ? undefined : toMinor(body.amount, currency);
  if (minor && !minor.ok)
    throw new Refusal('RefundTooLarge', `amount: ${minor.message}.`, [{ field: 'amount', message: minor.message }]);
  const { amount = null, reason = null, lines = [] } = body;
  return {
    id: `rf_${key === null ? randomUUID() : hash([orderId, operator, key])}`,
    orderId,
    reason,
    lines,
    requestedBy: operator,
    requestHash: hash([amount, reason, lines.map((line) => [line.productId, line.quantity, line.restock])]),
    ...(key === null ? {} : { key: hash([operator, key]) }),
    ...(minor ? { amountMinor: minor.minor } : {}),
  };
}

const hash = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 32);

const answerOf = (
  { id, orderId, status, amount, reason, failure }: Refund,
  paymentStatus: OrderView['paymentStatus'],
) => ({
  refundId: id,
  orderId,
  status,
  amount,
  reason,
  failure,
  paymentStatus,
});
