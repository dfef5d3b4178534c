import { Type } from 'typebox';
import type { Database } from '../../domain/database.js';
import { type User, userOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, Id, Page, pageOf } from '../../platform/http/paging.js';
import { HttpProblem } from '../../platform/http/problem.js';
import { enumOf, orderStatuses } from '../../platform/http/schemas.js';
import type { App } from '../../platform/http/server.js';
import { listHistory, listOrders, readOrder } from './read.js';
import { OrderAnswer as Answer, HistoryList, OrderList, OrderParams } from './schemas.js';

const about = operationsOf('orders');

/** Orders as far as the facts have come. A customer sees their own; another's does not exist for them. */
export function orderRoutes(app: App, db: Database): void {
  const orderFor = async (user: User, id: string) => {
    const order = await readOrder(db, id);
    if (!order || (!user.isOperator && order.userId !== user.id))
      throw new HttpProblem({
        status: 404,
        code: 'order-not-found',
        title: 'There is no such order',
        detail: `No fact has told of order ${id}.`,
      });
    return order;
  };

  app.get(
    '/v1/orders/:id',
    {
      schema: {
        ...about('getOrder', 'One order', 'As the facts have told it so far, a moment behind the checkout.'),
        params: OrderParams,
        response: { 200: Answer, ...refuses(404) },
      },
    },
    (request) => orderFor(userOf(request), request.params.id),
  );

  app.get(
    '/v1/orders/:id/history',
    {
      schema: {
        ...about(
          'getOrderHistory',
          'The facts of an order, oldest first',
          'Each with the state that it left the order in.',
        ),
        params: OrderParams,
        querystring: Type.Object(Page, { additionalProperties: false }),
        response: { 200: HistoryList, ...refuses(404) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const [after = '0'] = cursor === undefined ? [] : decodeCursor(cursor, ['number']);
      const { orderId } = await orderFor(userOf(request), request.params.id);
      const facts = await listHistory(db, orderId, after, limit);
      return pageOf(
        facts.map((fact) => ({ ...fact, time: fact.time.toISOString() })),
        limit,
        ({ sequence }) => [String(sequence)],
      );
    },
  );

  app.get(
    '/v1/orders',
    {
      schema: {
        ...about(
          'listOrders',
          'List orders, newest first',
          'A customer sees their own; an operator sees all, or those of one `userId`.',
        ),
        response: { 200: OrderList },
        querystring: Type.Object(
          {
            ...Page,
            status: Type.Optional(enumOf(orderStatuses)),
            userId: Type.Optional(Id),
            from: Type.Optional(Type.String({ format: 'date-time', description: 'created at or after' })),
            to: Type.Optional(Type.String({ format: 'date-time', description: 'created before' })),
          },
          { additionalProperties: false },
        ),
      },
    },
    async (request) => {
      const user = userOf(request);
      const { limit, cursor, status, userId, from, to } = request.query;
      const owner = user.isOperator ? userId : user.id;
      const [createdAt = '', id = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['time', 'id']);
      const orders = await listOrders(db, {
        userId: owner,
        status,
        from,
        to,
        after: cursor === undefined ? undefined : { createdAt, id },
        limit,
      });
      return pageOf(orders, limit, (last) => [last.createdAt, last.orderId]);
    },
  );
}
