import { type Static, Type } from 'typebox';

export const MoneyPart = Type.Object(
  {
    minor: Type.Integer({
      minimum: 0,
      description: "Amount in the currency's smallest unit: 1450 is 14.50 in usd and 1450 in jpy.",
    }),
    currency: Type.String({ description: 'ISO 4217 code, in lower case.' }),
  },
  { description: 'Money, as a whole number of minor units. Never a float.' },
);

const ItemPart = Type.Object(
  {
    productId: Type.String({ description: 'The product; key of its `stock.adjusted`.' }),
    productName: Type.String({ description: 'Its name when the order was placed.' }),
    quantity: Type.Integer({ minimum: 1, description: 'Units.' }),
    price: Type.Object(MoneyPart.properties, { description: 'Price of one unit when the order was placed.' }),
  },
  { description: 'A line of the order.' },
);

/**
 * What every fact about an order carries: the order as it is in the transaction that made the fact true. What is required
 * is what was promised to the world; what we tell beyond that is optional, so that a fact which keeps the promise is read.
 */
export const orderFields = {
  orderId: Type.String({ description: "The order; the record's key." }),
  userId: Type.String({ description: 'The customer. Nothing else that is personal is told.' }),
  status: Type.Enum(['PENDING', 'PROCESSING', 'CONFIRMED', 'CANCELLED'], {
    description:
      'PENDING: placed, no payment opened yet. PROCESSING: the customer may pay, or it is being undone. CONFIRMED: ' +
      'paid and sold. CANCELLED: over, nothing is held; late money may still make it CONFIRMED.',
  }),
  paymentStatus: Type.Enum(['PENDING', 'PAID', 'FAILED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED', 'DISPUTED'], {
    description: "Where the order's money is. DISPUTED: a bank has taken it back until it decides, or for good.",
  }),
  needsAttention: Type.Optional(
    Type.Boolean({ description: 'A person has to decide something about the order. Missing means no.' }),
  ),
  reason: Type.Optional(
    Type.Union([Type.String(), Type.Null()], {
      description:
        'Why it was or is being cancelled; null or missing otherwise. Open: OUT_OF_STOCK, PAYMENT_FAILED, ' +
        'PAYMENT_CANCELLED, PAYMENT_REFUSED, PAYMENT_MISMATCH, AUTHORIZATION_EXPIRED, CANCELLED_BY_CUSTOMER, ' +
        'CANCELLED_BY_OPERATOR and EXPIRED today, and there may be others.',
    }),
  ),
  items: Type.Array(ItemPart, { description: 'What was ordered. It never changes.' }),
  total: Type.Object(MoneyPart.properties, { description: 'What the customer pays for all of it. It never changes.' }),
  captured: Type.Optional(
    Type.Object(MoneyPart.properties, {
      description: 'What was taken of the customer, where that is not the total; missing otherwise.',
    }),
  ),
  expiresAt: Type.String({ description: 'Until when the order waits for its payment: ISO 8601, UTC.' }),
  correlationId: Type.String({ description: 'The same in every fact, log line and trace of this checkout.' }),
};

const PaymentPart = Type.Object(
  {
    id: Type.String({ description: 'Our payment.' }),
    paymentIntentId: Type.Union([Type.String(), Type.Null()], {
      description:
        "Stripe's payment intent; null until there is one, as on Stripe's own page before the customer pays.",
    }),
    status: Type.Enum(
      ['PENDING', 'PROCESSING', 'AUTHORIZED', 'COMPLETED', 'FAILED', 'CANCELLED', 'PARTIALLY_REFUNDED', 'REFUNDED'],
      {
        description:
          'PENDING: waits for the customer. PROCESSING: at the bank. AUTHORIZED: reserved, to be captured. The others are ends.',
      },
    ),
    lastError: Type.Union([Type.String(), Type.Null()], {
      description: "Stripe's sentence about the last attempt that failed; null when none did.",
    }),
  },
  { description: "The order's payment." },
);

export const paymentFields = { ...orderFields, payment: PaymentPart };

const Order = Type.Object(orderFields);
export type OrderFact = Static<typeof Order>;

const Payment = Type.Object(paymentFields);
export type PaymentFact = Static<typeof Payment>;

/** What `payment.refunded` carries beside the payment; records of before catalogue 1.1.0 lack it. */
export const refundFields = {
  refund: Type.Optional(
    Type.Object(
      {
        id: Type.String({
          description:
            "Our refund; Stripe's own id where it was made in Stripe's dashboard. The same in every record of it.",
        }),
        amount: Type.Object(MoneyPart.properties, { description: 'What went back with this refund.' }),
        reason: Type.Union([Type.String(), Type.Null()], {
          description: 'Why, in the words of who asked for it; null where nobody said.',
        }),
        lines: Type.Array(
          Type.Object({
            productId: Type.String({ description: 'The product.' }),
            quantity: Type.Integer({ minimum: 1, description: 'Units that come back.' }),
            restock: Type.Boolean({ description: 'Whether they go into the pool again, as `stock.adjusted` says.' }),
          }),
          { description: 'What comes back with the money; empty where that was not said.' },
        ),
      },
      { description: 'The refund that the record is about.' },
    ),
  ),
  refunded: Type.Optional(
    Type.Object(MoneyPart.properties, { description: 'The sum of all refunds that have succeeded, with this one.' }),
  ),
};

const Refunded = Type.Object({ ...paymentFields, ...refundFields });
export type RefundedFact = Static<typeof Refunded>;
