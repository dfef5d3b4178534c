/** Three orders as they come to be: one that is paid and partly refunded, one that is declined, one that is left. */
import type { OrderFact, PaymentFact } from './parts.js';

type OrderState = Pick<OrderFact, 'status' | 'paymentStatus'> & Partial<Pick<OrderFact, 'needsAttention' | 'reason'>>;
type PaymentState = Partial<PaymentFact['payment']> & Pick<PaymentFact['payment'], 'status'>;

const usd = (minor: number) => ({ minor, currency: 'usd' });

const order =
  (orderId: string) =>
  (state: OrderState): OrderFact => ({
    orderId,
    userId: '67458e9c1234567890fedcba',
    needsAttention: false,
    reason: null,
    ...state,
    items: [
      { productId: 'mug-stoneware', productName: 'Stoneware mug, 350 ml', quantity: 2, price: usd(1_450) },
      { productId: 'filters-100', productName: 'Paper filters, 100 pieces', quantity: 1, price: usd(690) },
    ],
    total: usd(3_590),
    expiresAt: '2026-03-14T10:30:00.000Z',
    correlationId: `saga-${orderId}`,
  });

const payment =
  (tell: (state: OrderState) => OrderFact, intentId: string) =>
  (state: OrderState, pays: PaymentState): PaymentFact => {
    const fact = tell(state);
    return {
      ...fact,
      payment: { id: `pay_${fact.orderId}`, paymentIntentId: intentId, lastError: null, ...pays },
    };
  };

export const paidOrder = order('3f6c1d0e-8a54-4c57-9b1e-2f7d90a4c815');
export const paidPayment = payment(paidOrder, 'pi_3SqLm2Kd8vT4XyZ01aBcDeFg');
export const declinedOrder = order('b1d2a7f4-53c6-4e0f-8d39-7c1e5f2a9b60');
export const declinedPayment = payment(declinedOrder, 'pi_3SqLn7Kd8vT4XyZ02hIjKlMn');
export const leftPayment = payment(order('e84f0c92-1b7d-4a35-a6f8-0d9c3b5e7124'), 'pi_3SqLp9Kd8vT4XyZ03oPqRsTu');
