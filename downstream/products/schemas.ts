import { Type } from 'typebox';
import { idLike, listOf, MoneyView, orNull, Time } from '../../platform/http/schemas.js';

export const ProductParams = Type.Object({ id: idLike('the product', 'prod_12345') });

export const ProductAnswer = Type.Object(
  {
    id: Type.String(),
    name: orNull(Type.String()),
    price: orNull(MoneyView),
    available: Type.Integer(),
    held: Type.Integer(),
    sold: Type.Integer(),
    lowStockThreshold: orNull(Type.Integer({ description: 'low at so many units or fewer; null: never' })),
  },
  { title: 'Product' },
);

export const ProductList = listOf('ProductList', ProductAnswer);

const moved = (what: string) => Type.Integer({ description: `units that became ${what}; negative for fewer` });

export const MovementList = listOf(
  'MovementList',
  Type.Object(
    {
      eventId: Type.String(),
      topic: Type.String(),
      orderId: orNull(Type.String()),
      time: Time,
      available: moved('available'),
      held: moved('held'),
      sold: moved('sold'),
    },
    { title: 'Movement' },
  ),
);

/** More than a column of units holds is no threshold. */
const MAX_UNITS = 2_147_483_647;

export const ThresholdBody = Type.Object(
  {
    units: orNull(
      Type.Integer({ minimum: 0, maximum: MAX_UNITS, description: 'low at so many units or fewer; null: never' }),
    ),
  },
  { title: 'LowStockThreshold', additionalProperties: false, examples: [{ units: 5 }] },
);
