import type { DisputeRecord } from '../disputes/record.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import type { RefundRecord } from '../refunds/record.js';
import type { Store } from '../store.js';

/** https://docs.stripe.com/api/balance_transactions/object. All follow from what was charged and refunded: none is stored. */
export interface BalanceTransaction {
  readonly id: string;
  readonly source: string;
  readonly type: 'charge' | 'refund' | 'refund_failure' | 'adjustment';
  readonly amount: number;
  readonly fee: number;
  readonly currency: string;
  readonly created: number;
  readonly isAvailableAtOnce?: boolean;
}

/** 2.9 % and 30 minor units, rounded half up, of what was taken. A refund gives no fee back. */
const feeOf = (amount: number): number => Math.floor((amount * 29 + 500) / 1000) + 30;

/** undefined while nothing was taken, or its fees are not known yet */
export function chargeTransaction(charge: ChargeRecord): BalanceTransaction | undefined {
  const { id, capturedAmount: amount, currency } = charge;
  if (amount === null || charge.error || charge.feesAt) return undefined;
  const created = charge.capturedAt ?? charge.created;
  const isAvailableAtOnce = charge.isAvailableAtOnce === true;
  return {
    isAvailableAtOnce,
    id: id.replace('ch_', 'txn_'),
    source: id,
    type: 'charge',
    amount,
    fee: feeOf(amount),
    currency,
    created,
  };
}

/** What goes back; of a refund that failed also what returns. */
export function refundTransactions({ id, amount, currency, created, failedAt }: RefundRecord): BalanceTransaction[] {
  const entry = { source: id, fee: 0, currency } as const;
  const back = { ...entry, id: id.replace('re_', 'txn_'), type: 'refund', amount: -amount, created } as const;
  if (!failedAt) return [back];
  return [back, { ...entry, id: id.replace('re_', 'txn_f'), type: 'refund_failure', amount, created: failedAt }];
}

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

/** All there is, oldest first. */
export function allTransactions(store: Store): BalanceTransaction[] {
  return [
    ...store.all('charges').flatMap((charge) => chargeTransaction(charge) ?? []),
    ...store.all('refunds').flatMap(refundTransactions),
    ...store.all('disputes').flatMap(disputeTransactions),
  ].sort((a, b) => a.created - b.created);
}

export const transactionView = (transaction: BalanceTransaction): Record<string, unknown> => ({
  id: transaction.id,
  object: 'balance_transaction',
  amount: transaction.amount,
  available_on: transaction.created + (transaction.isAvailableAtOnce ? 0 : 2 * 86_400),
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
  reporting_category: reportedAs[transaction.type],
  source: transaction.source,
  status: transaction.isAvailableAtOnce ? 'available' : 'pending',
  type: transaction.type,
});

/** https://docs.stripe.com/reports/reporting-categories */
const reportedAs: Readonly<Record<BalanceTransaction['type'], string>> = {
  charge: 'charge',
  refund: 'refund',
  refund_failure: 'refund_failure',
  adjustment: 'dispute',
};
