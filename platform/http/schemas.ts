import { Type } from 'typebox';
import { Id } from './paging.js';

/** Schemas that services share. One with a `title` stands in the document under that name. */
export const orNull = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);

/** A moment as JSON shows it: RFC 3339, in UTC. */
export const Time = Type.String({ format: 'date-time' });

export const enumOf = <const T extends readonly string[]>(values: T, description?: string) =>
  Type.Unsafe<T[number]>({ type: 'string', enum: values, ...(description === undefined ? {} : { description }) });

export const MoneyView = Type.Object(
  { minor: Type.Integer({ description: 'in the smallest unit of the currency' }), currency: Type.String() },
  { title: 'Money' },
);

export const ItemView = Type.Object(
  { productId: Type.String(), productName: Type.String(), quantity: Type.Integer(), price: MoneyView },
  { title: 'OrderItem' },
);

export const listOf = <T extends Type.TSchema>(title: string, item: T) =>
  Type.Object(
    {
      data: Type.Array(item),
      nextCursor: orNull(Type.String({ description: 'the `cursor` of the next page; null on the last' })),
    },
    { title },
  );

/** An id in a path. @param example one that exists, where that can be known */
export const idLike = (description: string, example: string) =>
  Type.String({ ...Id, description, examples: [example] });

export const ORDER_ID_EXAMPLE = 'order-1001';

export const orderStatuses = ['PENDING', 'PROCESSING', 'CONFIRMED', 'CANCELLED'] as const;
export const orderPaymentStatuses = [
  'PENDING',
  'PAID',
  'FAILED',
  'CANCELLED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
  'DISPUTED',
] as const;
export const paymentStatuses = [
  'PENDING',
  'PROCESSING',
  'AUTHORIZED',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'PARTIALLY_REFUNDED',
  'REFUNDED',
] as const;
