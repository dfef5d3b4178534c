import { displayMoney } from '../money.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import { methodOf } from '../payment-methods/method.js';
import { refundedOf } from '../refunds/view.js';
import type { Store } from '../store.js';
import { html, page } from './html.js';

/** What `receipt_url` of a charge shows: https://docs.stripe.com/receipts */
export function receiptPage(store: Store, { id, amount, currency, created, paymentMethod }: ChargeRecord): string {
  const { brand = '', last4 = '' } = methodOf(store, paymentMethod) ?? {};
  const refunded = refundedOf(store, id);
  return page(
    'Receipt',
    html`<h1>Receipt</h1>
<p>${displayMoney(amount, currency)} on ${new Date(created * 1000).toISOString().slice(0, 10)}, ${brand} ending in ${last4}.</p>
${refunded === 0 ? undefined : html`<p>Refunded: ${displayMoney(refunded, currency)}.</p>`}
<p class="quiet">${id}</p>`,
  );
}
