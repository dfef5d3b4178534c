import { type Static, Type } from 'typebox';
import type { FactDefinition } from './definition.js';
import { MoneyPart } from './parts.js';

export const StockAdjustedFact = Type.Object(
  {
    productId: Type.String({ description: "The product; the record's key." }),
    productName: Type.String({ description: 'Its name now.' }),
    price: Type.Object(MoneyPart.properties, { description: 'Price of one unit now.' }),
    delta: Type.Integer({ description: 'Units that came to the available pool.' }),
    cause: Type.Enum(['FIRST_STOCK', 'RESTOCK', 'REFUND'], {
      description:
        'FIRST_STOCK: the product is new. RESTOCK: an operator added units. REFUND: a customer sent them back.',
    }),
  },
  {
    examples: [
      {
        productId: 'mug-stoneware',
        productName: 'Stoneware mug, 350 ml',
        price: { minor: 1_450, currency: 'usd' },
        delta: 48,
        cause: 'RESTOCK',
      },
    ],
  },
);
export type StockAdjustedFact = Static<typeof StockAdjustedFact>;

export const stockAdjusted = {
  topic: 'stock.adjusted',
  version: 1,
  title: 'Units came to the pool',
  told: "Told for a product's first stock, for each restock, and for units that come back with a refund. What orders hold and buy is told by their own facts.",
  toldBy: 'products',
  heardBy: ['products'],
  key: 'productId',
  schema: StockAdjustedFact,
  sequence: 2,
} as const satisfies FactDefinition;
