import { Prisma } from '../database.js';
import type { Intent, ProviderDispute, ProviderFee, ProviderRefund } from '../payments/provider.js';

export type LedgerAccount = 'CUSTOMER_RECEIVABLE' | 'PROCESSOR' | 'REVENUE' | 'REFUNDS' | 'DISPUTES' | 'FEES';

/**
 * Entries that sum to zero together. Its id is made from the Stripe object that says so, which names it for ever: the same
 * fact booked again, by whoever hears of it, changes nothing.
 */
export interface LedgerTransaction {
  readonly id: string;
  /** the Stripe object that says so */
  readonly source: string;
  readonly currency: string;
  readonly debit: LedgerAccount;
  readonly credit: LedgerAccount;
  readonly minor: number;
}

/** A payment that was taken: the sale, what the customer has paid of it, and Stripe's fee where it is known. */
export function paymentTaken({ id, receivedMinor: minor, amount: { currency }, fee }: Intent): LedgerTransaction[] {
  const taken = { source: id, currency, minor };
  return [
    { ...taken, id: `${id}:sale`, debit: 'CUSTOMER_RECEIVABLE', credit: 'REVENUE' },
    { ...taken, id: `${id}:payment`, debit: 'PROCESSOR', credit: 'CUSTOMER_RECEIVABLE' },
    ...(fee ? [feeTaken(fee)] : []),
  ];
}

/** A fee that was taken, or given back with the money of a dispute that was won. */
export const feeTaken = ({ balanceTransactionId, minor, currency }: ProviderFee): LedgerTransaction => ({
  id: `${balanceTransactionId}:fee`,
  source: balanceTransactionId,
  currency,
  minor: Math.abs(minor),
  ...(minor < 0 ? { debit: 'PROCESSOR', credit: 'FEES' } : { debit: 'FEES', credit: 'PROCESSOR' }),
});

/** Money of a cancelled order is owed to its customer from the moment it comes. */
export const lateMoney = ({ id, receivedMinor: minor, amount: { currency }, fee }: Intent): LedgerTransaction[] => [
  { id: `${id}:payment`, source: id, currency, minor, debit: 'PROCESSOR', credit: 'CUSTOMER_RECEIVABLE' },
  ...(fee ? [feeTaken(fee)] : []),
];

/** @param sale true for a confirmed order; money of a cancelled one was never revenue, and ends what is owed */
export const refundMade = ({ id, amount }: ProviderRefund, sale: boolean): LedgerTransaction => ({
  id: `${id}:refund`,
  source: id,
  ...amount,
  debit: sale ? 'REFUNDS' : 'CUSTOMER_RECEIVABLE',
  credit: 'PROCESSOR',
});

/** The bank has sent it back: the money is with the processor again. */
export const refundFailed = ({ id, amount }: ProviderRefund, sale: boolean): LedgerTransaction => ({
  id: `${id}:refund-failed`,
  source: id,
  ...amount,
  debit: 'PROCESSOR',
  credit: sale ? 'REFUNDS' : 'CUSTOMER_RECEIVABLE',
});

/** What a bank has taken of a payment, and what it has given back, with the fees of both. @param sale as for a refund */
export const disputeMoved = ({ id, amount, movements }: ProviderDispute, sale: boolean): LedgerTransaction[] =>
  movements.flatMap((movement) => {
    const from = sale ? 'DISPUTES' : 'CUSTOMER_RECEIVABLE';
    const moved =
      movement.direction === 'TAKEN'
        ? ({ debit: from, credit: 'PROCESSOR' } as const)
        : ({ debit: 'PROCESSOR', credit: from } as const);
    return [{ id: `${movement.id}:dispute`, source: id, ...amount, ...moved }, feeTaken(movement.fee)];
  });

/** The id of a transaction's debit, as `bookEntries` writes it: who has it knows that the transaction is booked. */
export const entryId = ({ id, debit }: LedgerTransaction): string => `${id}:${debit}`;

/** The INSERT of a data-modifying CTE: books for the order in CTE `writer(key)`, in the transaction that made it true. */
export function bookEntries(writer: Prisma.Sql, transactions: readonly LedgerTransaction[]): Prisma.Sql {
  const entries = transactions
    .filter(({ minor }) => minor > 0)
    .flatMap(({ debit, credit, minor, ...rest }) => [
      { ...rest, account: debit, minor },
      { ...rest, account: credit, minor: -minor },
    ]);
  const column = <K extends keyof (typeof entries)[number]>(name: K) => entries.map((entry) => entry[name]);
  return Prisma.sql`
    INSERT INTO ledger_entry (id, transaction, order_id, account, amount_minor, currency, source)
    SELECT e.transaction || ':' || e.account, e.transaction, w.key, e.account::ledger_account, e.minor, e.currency, e.source
      FROM ${writer} w
     CROSS JOIN unnest(${column('id')}::text[], ${column('account')}::text[], ${column('minor')}::bigint[],
                       ${column('currency')}::text[], ${column('source')}::text[]) AS e(transaction, account, minor, currency, source)
    ON CONFLICT (id) DO NOTHING`;
}
