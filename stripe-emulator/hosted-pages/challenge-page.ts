import { displayMoney } from '../money.js';
import type { IntentRecord } from '../payment-intents/record.js';
import { html, page } from './html.js';

/** The bank's page: is it you who pays? */
export function challengePage({ amount, currency }: IntentRecord): string {
  return page(
    '3-D Secure',
    html`<h1>Is it you?</h1>
<p>Your bank asks whether it is you who pays <strong>${displayMoney(amount, currency)}</strong>.</p>
<form method="post">
<button type="submit" name="outcome" value="succeed">Complete authentication</button>
<button type="submit" name="outcome" value="fail" class="second">Fail authentication</button>
</form>`,
  );
}

/** For a bank that asks nothing, or nothing more. */
export const answeredPage = (): string =>
  page('3-D Secure', html`<h1>Your bank asks nothing</h1><p>You can close this page.</p>`);
