import { allTransactions, transactionView } from './balance/transactions.js';
import { chargeView } from './charges/view.js';
import { linesView } from './checkout-sessions/view.js';
import { customerView, deletedView } from './customers/view.js';
import { disputeView } from './disputes/view.js';
import { intentView } from './payment-intents/view.js';
import { paymentMethodView } from './payment-methods/view.js';
import { reviewView } from './radar/view.js';
import { refundView } from './refunds/view.js';
import type { Store } from './store.js';

export type View = Readonly<Record<string, unknown>>;

/** What a field holds the id of; several where the id says which. */
type Target = readonly string[];

/** A field that Stripe expands and that is null here. */
const nothing: Target = [];
const paid = { charge: ['charge'], payment_intent: ['payment_intent'] };

/**
 * The fields of each object that can be expanded, from `x-expansionResources` of Stripe's description; one with a dot lies
 * in an object of its own.
 */
export const expandable: Readonly<Record<string, Readonly<Record<string, Target>>>> = {
  balance_transaction: { source: ['charge', 'refund', 'dispute'] },
  charge: {
    application: nothing,
    application_fee: nothing,
    balance_transaction: ['balance_transaction'],
    customer: ['customer'],
    failure_balance_transaction: nothing,
    on_behalf_of: nothing,
    payment_intent: ['payment_intent'],
    refunds: ['refund'],
    review: ['review'],
    source_transfer: nothing,
    transfer: nothing,
    'transfer_data.destination': nothing,
  },
  'checkout.session': {
    customer: ['customer'],
    invoice: nothing,
    line_items: ['item'],
    payment_intent: ['payment_intent'],
    payment_link: nothing,
    setup_intent: nothing,
    subscription: nothing,
  },
  customer: {
    default_source: nothing,
    'invoice_settings.default_payment_method': nothing,
    sources: nothing,
    subscriptions: nothing,
    tax_ids: nothing,
    test_clock: nothing,
  },
  dispute: paid,
  payment_intent: {
    application: nothing,
    customer: ['customer'],
    latest_charge: ['charge'],
    on_behalf_of: nothing,
    payment_method: ['payment_method'],
    review: ['review'],
    source: nothing,
    'transfer_data.destination': nothing,
  },
  payment_method: { customer: ['customer'] },
  'radar.early_fraud_warning': paid,
  refund: {
    ...paid,
    balance_transaction: ['balance_transaction'],
    customer: ['customer'],
    failure_balance_transaction: ['balance_transaction'],
    payment_method: ['payment_method'],
    source_transfer_reversal: nothing,
    transfer_reversal: nothing,
  },
  review: paid,
};

type Load = (store: Store, id: string) => View | undefined;

/** An object in full, by its id. */
const loads: Readonly<Record<string, Load>> = {
  balance_transaction: (store, id) => {
    const found = allTransactions(store).find((transaction) => transaction.id === id);
    return found && transactionView(found);
  },
  charge: (store, id) => shown(store.get('charges', id), (charge) => chargeView(store, charge)),
  customer: (store, id) => shown(store.get('customers', id), (it) => (it.deleted ? deletedView(it) : customerView(it))),
  dispute: (store, id) => shown(store.get('disputes', id), disputeView),
  payment_intent: (store, id) => shown(store.get('intents', id), (intent) => intentView(store, intent)),
  payment_method: paymentMethodView,
  refund: (store, id) => shown(store.get('refunds', id), refundView),
  review: (store, id) => shown(store.get('reviews', id), reviewView),
};

const shown = <T>(found: T | undefined, view: (found: T) => View): View | undefined => found && view(found);

export function load(store: Store, target: Target, id: string): View | undefined {
  for (const kind of target) {
    const found = loads[kind]?.(store, id);
    if (found) return found;
  }
  return undefined;
}

/** How many of an included list are shown: https://docs.stripe.com/api/pagination */
const SHOWN = 10;
const list = (url: string, data: readonly View[]): View => ({
  object: 'list',
  data: data.slice(0, SHOWN),
  has_more: data.length > SHOWN,
  url,
});
const noneOf =
  (what: string): Include =>
  (_store, id) =>
    list(`/v1/customers/${id}/${what}`, []);

type Include = (store: Store, id: string) => View | undefined;

/** Lists that an answer has only where they are expanded. */
export const includes: Readonly<Record<string, Readonly<Record<string, Include>>>> = {
  charge: {
    refunds: (store, id) => {
      const refunds = store.all('refunds').filter(({ chargeId }) => chargeId === id);
      return list(`/v1/charges/${id}/refunds`, refunds.reverse().map(refundView));
    },
  },
  'checkout.session': { line_items: (store, id) => shown(store.get('sessions', id), linesView) },
  customer: { sources: noneOf('sources'), subscriptions: noneOf('subscriptions'), tax_ids: noneOf('tax_ids') },
};
