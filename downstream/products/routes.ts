import { Type } from 'typebox';
import type { Database } from '../../domain/database.js';
import { fromDb } from '../../domain/money.js';
import { userOf } from '../../platform/http/auth.js';
import { decodeCursor, Id, Page, pageOf } from '../../platform/http/paging.js';
import { HttpProblem } from '../../platform/http/problem.js';
import type { App } from '../../platform/http/server.js';

interface Row {
  id: string;
  name: string | null;
  price_minor: bigint | null;
  currency: string | null;
  available: number;
  held: number;
  sold: number;
}

/** Stock as the facts told it so far. */
export function productRoutes(app: App, db: Database): void {
  app.get('/v1/products/:id', { schema: { params: Type.Object({ id: Id }) } }, async (request) => {
    userOf(request);
    const [row] = await db.$queryRaw<Row[]>`SELECT * FROM products_view.product WHERE id = ${request.params.id}`;
    if (!row)
      throw new HttpProblem({
        status: 404,
        code: 'product-not-found',
        title: 'There is no such product',
        detail: `No fact has told of product ${request.params.id}.`,
      });
    return view(row);
  });

  app.get(
    '/v1/products',
    { schema: { querystring: Type.Object(Page, { additionalProperties: false }) } },
    async (request) => {
      userOf(request);
      const { limit, cursor } = request.query;
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['id']);
      const rows = await db.$queryRaw<
        Row[]
      >`SELECT * FROM products_view.product WHERE id > ${after} ORDER BY id LIMIT ${limit + 1}::int`;
      return pageOf(rows.map(view), limit, ({ id }) => [id]);
    },
  );
}

const view = ({ id, name, price_minor, currency, available, held, sold }: Row) => ({
  id,
  name,
  price: price_minor === null || currency === null ? null : { minor: fromDb(price_minor), currency },
  available,
  held,
  sold,
});
