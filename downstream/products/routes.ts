import { Type } from 'typebox';
import type { Database } from '../../domain/database.js';
import { operatorOf, userOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, Page, pageOf } from '../../platform/http/paging.js';
import { HttpProblem } from '../../platform/http/problem.js';
import type { App } from '../../platform/http/server.js';
import { listMovements } from './movements.js';
import { listProducts, readProduct, setThreshold } from './read.js';
import { MovementList, ProductAnswer, ProductList, ProductParams, ThresholdBody } from './schemas.js';

const about = operationsOf('products');

/** Stock as the facts told it so far, and where an operator says that it is low. */
export function productRoutes(app: App, db: Database): void {
  const productOf = async (id: string) => {
    const product = await readProduct(db, id);
    if (!product)
      throw new HttpProblem({
        status: 404,
        code: 'product-not-found',
        title: 'There is no such product',
        detail: `No fact has told of product ${id}.`,
      });
    return product;
  };

  app.get(
    '/v1/products/:id',
    {
      schema: {
        ...about('getProduct', 'One product and its stock', 'As the facts have told it so far.'),
        params: ProductParams,
        response: { 200: ProductAnswer, ...refuses(404) },
      },
    },
    async (request) => {
      userOf(request);
      return productOf(request.params.id);
    },
  );

  app.get(
    '/v1/products',
    {
      schema: {
        ...about('listProducts', 'List products', 'By id; with `lowStock` those that are low, or those that are not.'),
        response: { 200: ProductList },
        querystring: Type.Object({ ...Page, lowStock: Type.Optional(Type.Boolean()) }, { additionalProperties: false }),
      },
    },
    async (request) => {
      userOf(request);
      const { limit, cursor, lowStock } = request.query;
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['id']);
      return pageOf(await listProducts(db, { after, lowStock, limit }), limit, ({ id }) => [id]);
    },
  );

  app.put(
    '/v1/products/:id/low-stock-threshold',
    {
      schema: {
        ...about(
          'setLowStockThreshold',
          'Say at how many units a product is low (operators)',
          'The same again changes nothing.',
        ),
        params: ProductParams,
        body: ThresholdBody,
        response: { 200: ProductAnswer, ...refuses(403, 404) },
      },
    },
    async (request) => {
      const { id: by } = operatorOf(request);
      const { id } = await productOf(request.params.id);
      await setThreshold(db, id, request.body.units, by);
      return productOf(id);
    },
  );

  app.get(
    '/v1/products/:id/movements',
    {
      schema: {
        ...about(
          'listMovements',
          'What moved the stock of a product, newest first',
          'The movements add up to its stock.',
        ),
        response: { 200: MovementList },
        params: ProductParams,
        querystring: Type.Object(Page, { additionalProperties: false }),
      },
    },
    async (request) => {
      userOf(request);
      const { limit, cursor } = request.query;
      const [time = '', eventId = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['time', 'id']);
      const after = cursor === undefined ? undefined : { time, eventId };
      const movements = await listMovements(db, request.params.id, after, limit);
      return pageOf(
        movements.map((movement) => ({ ...movement, time: movement.time.toISOString() })),
        limit,
        (last) => [last.time, last.eventId],
      );
    },
  );
}
