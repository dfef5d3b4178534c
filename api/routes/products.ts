import { Type } from 'typebox';
import { getProduct, listProducts, restock } from '../../domain/catalogue/products.js';
import { operatorOf, userOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, Page, pageOf } from '../../platform/http/paging.js';
import { idLike, listOf, MoneyView } from '../../platform/http/schemas.js';
import type { App } from '../../platform/http/server.js';
import { currentTrace } from '../../platform/trace.js';
import type { ApiContext } from '../context.js';
import { CheckoutHeaders } from '../schemas/checkout.js';

const ProductParams = Type.Object({ id: idLike('the product', 'prod_12345') });

const ProductAnswer = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    price: MoneyView,
    available: Type.Integer(),
    held: Type.Integer(),
    sold: Type.Integer(),
  },
  { title: 'Product' },
);

const about = operationsOf('products');

export function productRoutes(app: App, { db }: ApiContext): void {
  app.get(
    '/v1/products',
    {
      schema: {
        ...about('listProducts', 'List products', 'By id, with their prices and their stock.'),
        querystring: Type.Object(Page, { additionalProperties: false }),
        response: {
          200: listOf('ProductList', ProductAnswer),
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
        ...about('getProduct', 'One product and its stock', 'Units are available, held by an open checkout, or sold.'),
        params: ProductParams,
        response: { 200: ProductAnswer, ...refuses(404) },
      },
    },
    (request) => getProduct(db, request.params.id),
  );

  app.post(
    '/v1/products/:id/restock',
    {
      schema: {
        ...about(
          'restockProduct',
          'Add units to a product (operators)',
          'With an Idempotency-Key the same restock again changes nothing, and another one under it is refused.',
        ),
        params: ProductParams,
        headers: CheckoutHeaders,
        body: Type.Object(
          { quantity: Type.Integer({ minimum: 1, maximum: 1_000_000 }) },
          { title: 'RestockRequest', additionalProperties: false, examples: [{ quantity: 10 }] },
        ),
        response: { 200: ProductAnswer, ...refuses(403, 404) },
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
