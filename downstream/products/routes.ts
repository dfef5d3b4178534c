import { Type } from 'typebox';
import { type Database, Prisma } from '../../domain/database.js';
import { fromDb } from '../../domain/money.js';
import { operatorOf, userOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, Page, pageOf } from '../../platform/http/paging.js';
import { HttpProblem } from '../../platform/http/problem.js';
import type { App } from '../../platform/http/server.js';
import { ProductAnswer, ProductList, ProductParams, ThresholdBody } from './schemas.js';

interface Row {
  id: string;
  name: string | null;
  price_minor: bigint | null;
  currency: string | null;
  available: number;
  held: number;
  sold: number;
  threshold: number | null;
}

const select = Prisma.sql`
  SELECT p.*, t.units AS threshold
    FROM products_view.product p LEFT JOIN products_desk.low_stock_threshold t ON t.product_id = p.id`;
const about = operationsOf('products');

/** Stock as the facts told it so far, and where an operator says that it is low. */
export function productRoutes(app: App, db: Database): void {
  const productOf = async (id: string) => {
    const [row] = await db.$queryRaw<Row[]>`${select} WHERE p.id = ${id}`;
    if (!row)
      throw new HttpProblem({
        status: 404,
        code: 'product-not-found',
        title: 'There is no such product',
        detail: `No fact has told of product ${id}.`,
      });
    return view(row);
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
      // A product without a threshold is never low.
      const isLow =
        lowStock === undefined ? Prisma.empty : Prisma.sql`AND coalesce(p.available <= t.units, false) = ${lowStock}`;
      const rows = await db.$queryRaw<Row[]>`
        ${select} WHERE p.id > ${after} ${isLow} ORDER BY p.id LIMIT ${limit + 1}::int`;
      return pageOf(rows.map(view), limit, ({ id }) => [id]);
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
      const { units } = request.body;
      if (units === null) await db.$executeRaw`DELETE FROM products_desk.low_stock_threshold WHERE product_id = ${id}`;
      else
        await db.$executeRaw`
          INSERT INTO products_desk.low_stock_threshold (product_id, units, set_by) VALUES (${id}, ${units}::int, ${by})
          ON CONFLICT (product_id) DO UPDATE SET units = excluded.units, set_by = excluded.set_by, set_at = now()`;
      return productOf(id);
    },
  );
}

const view = ({ id, name, price_minor, currency, available, held, sold, threshold }: Row) => ({
  id,
  name,
  price: price_minor === null || currency === null ? null : { minor: fromDb(price_minor), currency },
  available,
  held,
  sold,
  lowStockThreshold: threshold,
});
