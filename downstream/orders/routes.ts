import { type Static, Type } from 'typebox';
import { type Database, Prisma } from '../../domain/database.js';
import { fromDb } from '../../domain/money.js';
import { type User, userOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, Id, Page, pageOf } from '../../platform/http/paging.js';
import { HttpProblem } from '../../platform/http/problem.js';
import { enumOf, orderStatuses } from '../../platform/http/schemas.js';
import type { App } from '../../platform/http/server.js';
import { OrderAnswer as Answer, HistoryList, OrderList, OrderParams } from './schemas.js';

type OrderAnswer = Static<typeof Answer>;

interface Row {
  id: string;
  user_id: string;
  status: OrderAnswer['status'];
  payment_status: OrderAnswer['paymentStatus'];
  needs_attention: boolean;
  items: OrderAnswer['items'];
  total_minor: bigint;
  currency: string;
  expires_at: Date;
  correlation_id: string;
  payment_id: string | null;
  payment_intent_id: string | null;
  payment_state: NonNullable<OrderAnswer['payment']>['status'];
  last_error: string | null;
  created_at: Date;
  updated_at: Date;
}

interface HeardFact {
  readonly topic: string;
  readonly sequence: number;
  readonly time: Date;
  readonly status: OrderAnswer['status'];
  readonly paymentStatus: OrderAnswer['paymentStatus'];
}

const about = operationsOf('orders');

const select = Prisma.sql`SELECT * FROM orders_view."order"`;

/** Orders as the facts told them so far. A customer sees their own; another's does not exist for them. */
export function orderRoutes(app: App, db: Database): void {
  const orderFor = async (user: User, id: string): Promise<Row> => {
    const [row] = await db.$queryRaw<Row[]>`${select} WHERE id = ${id}`;
    if (!row || (!user.isOperator && row.user_id !== user.id))
      throw new HttpProblem({
        status: 404,
        code: 'order-not-found',
        title: 'There is no such order',
        detail: `No fact has told of order ${id}.`,
      });
    return row;
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
    async (request) => view(await orderFor(userOf(request), request.params.id)),
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
      const { id } = await orderFor(userOf(request), request.params.id);
      const facts = await db.$queryRaw<HeardFact[]>`
        SELECT topic, seq AS sequence, time, status, payment_status AS "paymentStatus" FROM orders_view.history
         WHERE order_id = ${id} AND seq > ${after}::text::bigint ORDER BY seq LIMIT ${limit + 1}::int`;
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
      const conditions = [
        Prisma.sql`true`,
        ...(owner === undefined ? [] : [Prisma.sql`user_id = ${owner}`]),
        ...(status === undefined ? [] : [Prisma.sql`status = ${status}`]),
        ...(from === undefined ? [] : [Prisma.sql`created_at >= ${from}::timestamptz`]),
        ...(to === undefined ? [] : [Prisma.sql`created_at < ${to}::timestamptz`]),
        ...(cursor === undefined ? [] : [Prisma.sql`(created_at, id) < (${createdAt}::timestamptz, ${id})`]),
      ];
      const rows = await db.$queryRaw<Row[]>`
        ${select} WHERE ${Prisma.join(conditions, ' AND ')} ORDER BY created_at DESC, id DESC LIMIT ${limit + 1}::int`;
      return pageOf(rows.map(view), limit, (last) => [last.createdAt, last.orderId]);
    },
  );
}

const view = (row: Row) => ({
  orderId: row.id,
  userId: row.user_id,
  status: row.status,
  paymentStatus: row.payment_status,
  needsAttention: row.needs_attention,
  items: row.items,
  total: { minor: fromDb(row.total_minor), currency: row.currency },
  expiresAt: row.expires_at.toISOString(),
  correlationId: row.correlation_id,
  createdAt: row.created_at.toISOString(),
  updatedAt: row.updated_at.toISOString(),
  payment:
    row.payment_id === null
      ? null
      : {
          id: row.payment_id,
          paymentIntentId: row.payment_intent_id,
          status: row.payment_state,
          lastError: row.last_error,
        },
});
