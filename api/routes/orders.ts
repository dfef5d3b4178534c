import { Type } from 'typebox';
import { toMinor } from '../../domain/money.js';
import { isFinal } from '../../domain/orders/load.js';
import { factsOf, getOrder, listOrders, type OrderView } from '../../domain/orders/read.js';
import { Refusal } from '../../domain/refusal.js';
import { operatorOf, type User, userOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, pageOf } from '../../platform/http/paging.js';
import { Time } from '../../platform/http/schemas.js';
import type { App } from '../../platform/http/server.js';
import { NoAnswerYet, NotRunning } from '../../temporal/checkout-client.js';
import { tryAgain } from '../answers.js';
import { giveUp } from '../cancellation.js';
import type { ApiContext } from '../context.js';
import { OrderParams, optionalBody } from '../schemas/common.js';
import { OrderAnswer, OrderList, OrderQuery } from '../schemas/orders.js';

/** How long a capture is waited for before it is answered as under way. */
const ANSWER_WITHIN_MS = 10_000;

const ownerFor = (user: User): string | null => (user.isOperator ? null : user.id);
const about = operationsOf('orders');

export function orderRoutes(app: App, { db, checkouts }: ApiContext): void {
  app.get(
    '/v1/orders',
    {
      schema: {
        ...about(
          'listOrders',
          'List orders, newest first',
          'A customer sees their own; an operator sees all, or those of one `userId`.',
        ),
        querystring: OrderQuery,
        response: { 200: OrderList },
      },
    },
    async (request) => {
      const user = userOf(request);
      const { limit, cursor, status, userId, needsAttention } = request.query;
      const [createdAt = '', orderId = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['time', 'id']);
      const owner = user.isOperator ? userId : user.id;
      const orders = await listOrders(db, {
        limit,
        ...(owner === undefined ? {} : { userId: owner }),
        ...(status === undefined ? {} : { status: status as OrderView['status'] }),
        ...(needsAttention === undefined ? {} : { needsAttention }),
        ...(cursor === undefined ? {} : { after: { createdAt, orderId } }),
      });
      return pageOf(orders, limit, (last) => [last.createdAt, last.orderId]);
    },
  );

  app.get(
    '/v1/orders/:id',
    {
      schema: {
        ...about(
          'getOrder',
          'One order',
          'As it is now, with its payment. To follow it, read its stream instead of asking again.',
        ),
        params: OrderParams,
        response: { 200: OrderAnswer, ...refuses(404) },
      },
    },
    (request) => getOrder(db, request.params.id, ownerFor(userOf(request))),
  );

  app.get(
    '/v1/orders/:id/timeline',
    {
      schema: {
        ...about('getTimeline', 'What happened to an order, in order', 'The facts about it, by their topics.'),
        params: OrderParams,
        response: {
          200: Type.Object(
            {
              data: Type.Array(
                Type.Object({ at: Time, what: Type.String(), sequence: Type.Integer() }, { title: 'OrderFact' }),
              ),
              nextCursor: Type.Null(),
            },
            { title: 'Timeline' },
          ),
          ...refuses(404),
        },
      },
    },
    async (request) => {
      const { orderId } = await getOrder(db, request.params.id, ownerFor(userOf(request)));
      return { data: await factsOf(db, orderId), nextCursor: null };
    },
  );

  app.post(
    '/v1/orders/:id/cancel',
    {
      schema: {
        ...about(
          'cancelOrder',
          'Give an order up',
          'Answers with the end state; after 10 s with 202 and the present one, and the cancellation stands.',
        ),
        params: OrderParams,
        body: optionalBody('CancelRequest', {}, {}),
        response: { 200: OrderAnswer, 202: OrderAnswer, ...refuses(404, 409) },
      },
    },
    async (request, reply) => {
      const user = userOf(request);
      const before = await getOrder(db, request.params.id, ownerFor(user));
      const by = user.isOperator && user.id !== before.userId ? 'operator' : 'customer';
      const { order, stands } = await giveUp({ db, checkouts }, before, by);
      if (order.status === 'CONFIRMED') throw tooLate(order);
      if (order.status === 'CANCELLED') return order;
      // A workflow that is gone cannot have heard it: nothing stands, so nothing is promised.
      if (!stands) throw tryAgain('The checkout of this order is being restored.');
      return reply.code(202).send(order);
    },
  );

  app.post(
    '/v1/orders/:id/capture',
    {
      schema: {
        ...about(
          'captureOrder',
          'Take an authorised payment, in full or in part (operators)',
          'Only where payments are captured by hand. What is not taken is released.',
        ),
        params: OrderParams,
        body: optionalBody(
          'CaptureRequest',
          {
            amount: Type.Optional(
              Type.Number({ exclusiveMinimum: 0, maximum: 1e12, description: 'decimal; none takes all' }),
            ),
          },
          { amount: 10 },
        ),
        response: { 200: OrderAnswer, ...refuses(403, 404, 409) },
      },
    },
    async (request) => {
      operatorOf(request);
      const { orderId, total, status, updatedAt } = await getOrder(db, request.params.id, null);
      if (isFinal(status))
        throw new Refusal(
          'NothingToCapture',
          `Order ${orderId} is ${status}: no authorised payment waits for a capture.`,
        );
      const amount = request.body?.amount;
      const minor = amount === undefined ? undefined : toMinor(amount, total.currency);
      if (minor && !minor.ok)
        throw new Refusal('CaptureTooLarge', `amount: ${minor.message}.`, [
          { field: 'amount', message: minor.message },
        ]);
      try {
        await checkouts.capture(orderId, minor ? { amountMinor: minor.minor } : {}, updatedAt, ANSWER_WITHIN_MS);
      } catch (error) {
        if (error instanceof NoAnswerYet || error instanceof NotRunning)
          throw tryAgain('The capture is not confirmed yet.');
        if (error instanceof Refusal && error.code === 'CaptureTooLarge')
          throw new Refusal(error.code, error.message, [{ field: 'amount', message: error.message }]);
        throw error;
      }
      return getOrder(db, orderId, null);
    },
  );
}

const tooLate = ({ orderId }: OrderView): Refusal =>
  new Refusal(
    'TooLateToCancel',
    `Order ${orderId} is paid and confirmed: it cannot be cancelled any more. Ask for a refund instead.`,
  );
