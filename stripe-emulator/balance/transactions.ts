import type { DisputeRecord } from '../disputes/record.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import type { RefundRecord } from '../refunds/record.js';

/** https://docs.stripe.com/api/balance_transactions/object. All follow from what was charged and refunded: none is stored. */
export interface BalanceTransaction {
  readonly id: string;
  readonly source: string;
  readonly type: 'charge' | 'refund' | 'adjustment';
  readonly amount: number;
  readonly fee: number;
  readonly currency: string;
  readonly created: number;
}

/** 2.9 % and 30 minor units, rounded half up, of what was taken. A refund gives no fee back. */
const feeOf = (amount: number): number => Math.floor((amount * 29 + 500) / 1000) + 30;

/** undefined while nothing was taken */
export function chargeTransaction(charge: ChargeRecord): BalanceTransaction | undefined {
  const { id, capturedAmount: amount, currency, created } = charge;
  if (amount === null || charge.error) return undefined;
  return { id: id.replace('ch_', 'txn_'), source: id, type: 'charge', amount, fee: feeOf(amount), currency, created };
}

export const refundTransaction = ({ id, amount, currency, created }: RefundRecord): BalanceTransaction => ({
  id: id.replace('re_', 'txn_'),
  source: id,
  type: 'refund',
  amount: -amount,
  fee: 0,
  currency,
  created,
});

/** Stripe's fee for a dispute, in minor units; it comes back with the money of one that was won. */
const DISPUTE_FEE = 1500;

/** None for an inquiry; what was withdrawn, and what came back. */
export function disputeTransactions(dispute: DisputeRecord): BalanceTransaction[] {
  const { id, amount, currency, created, withdrawn, reinstated } = dispute;
  const entry = { source: id, type: 'adjustment', currency, created } as const;
  return [
    ...(withdrawn ? [{ ...entry, id: id.replace('dp_', 'txn_'), amount: -amount, fee: DISPUTE_FEE }] : []),
    ...(reinstated ? [{ ...entry, id: id.replace('dp_', 'txn_r'), amount, fee: -DISPUTE_FEE }] : []),
  ];
}

export const transactionView = (transaction: BalanceTransaction): Record<string, unknown> => ({
  id: transaction.id,
  object: 'balance_transaction',
  amount: transaction.amount,
  available_on: transaction.created + 2 * 86_400,
  balance_type: 'payments',
  created: transaction.created,
  currency: transaction.currency,
  description: null,
  exchange_rate: null,
  fee: transaction.fee,
  fee_details:
    transaction.fee === 0
      ? []
      : [
          {
            amount: transaction.fee,
            application: null,
            currency: transaction.currency,
            description: 'Stripe processing fees',
            type: 'stripe_fee',
          },
        ],
  net: transaction.amount - transaction.fee,
  reporting_category: transaction.type,
  source: transaction.source,
  status: 'pending',
  type: transaction.type,
});
