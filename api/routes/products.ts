import { Type } from 'typebox';
import { getProduct, listProducts, restock } from '../../domain/catalogue/products.js';
import { operatorOf, userOf } from '../../platform/http/auth.js';
import { decodeCursor, Page, pageOf } from '../../platform/http/paging.js';
import type { App } from '../../platform/http/server.js';
import { currentTrace } from '../../platform/trace.js';
import type { ApiContext } from '../context.js';
import { CheckoutHeaders } from '../schemas/checkout.js';
import { forbidden, MoneyView, notFound, OrderParams, problems, unprocessable } from '../schemas/common.js';

const ProductAnswer = Type.Object({
  id: Type.String(),
  name: Type.String(),
  price: MoneyView,
  available: Type.Integer(),
  held: Type.Integer(),
  sold: Type.Integer(),
});

const about = (summary: string) => ({ summary, tags: ['products'], security: [{ bearer: [] }] });

export function productRoutes(app: App, { db }: ApiContext): void {
  app.get(
    '/v1/products',
    {
      schema: {
        ...about('List products'),
        querystring: Type.Object(Page, { additionalProperties: false }),
        response: {
          200: Type.Object({ data: Type.Array(ProductAnswer), nextCursor: Type.Union([Type.String(), Type.Null()]) }),
          ...problems,
        },
      },
    },
    async (request) => {
      userOf(request);
      const { limit, cursor } = request.query;
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['id']);
      return pageOf(await listProducts(db, { after, limit }), limit, ({ id }) => [id]);
    },
  );

  app.get(
    '/v1/products/:id',
    {
      schema: {
        ...about('One product and its stock'),
        params: OrderParams,
        response: { 200: ProductAnswer, ...problems, ...notFound },
      },
    },
    (request) => getProduct(db, request.params.id),
  );

  app.post(
    '/v1/products/:id/restock',
    {
      schema: {
        ...about('Add units to a product (operators)'),
        description:
          'With an Idempotency-Key the same restock again changes nothing, and another one under it is refused.',
        params: OrderParams,
        headers: CheckoutHeaders,
        body: Type.Object(
          { quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }) },
          { additionalProperties: false },
        ),
        response: { 200: ProductAnswer, ...problems, ...forbidden, ...notFound, ...unprocessable },
      },
    },
    (request) => {
      const operator = operatorOf(request);
      const key = request.headers['idempotency-key'];
      return restock(db, {
        productId: request.params.id,
        quantity: request.body.quantity,
        cause: 'RESTOCK',
        key: key === undefined ? null : `${operator.id}\n${key}`,
        traceparent: currentTrace()?.traceparent ?? null,
      });
    },
  );
}
