import { methodsOf, type SessionRecord, totalOf } from '../checkout-sessions/record.js';
import { displayMoney } from '../money.js';
import { type Html, html, page } from './html.js';
import { watch } from './watch.js';

export type Method = 'card' | 'bank';

/** What a person has typed and may see again: no number of a card or an account. */
export interface Typed {
  readonly email?: string | undefined;
  readonly name?: string | undefined;
}

/** Why a payment was not made, and the field to look at, where it is one. */
export interface Problem {
  readonly message: string;
  readonly field?: string | undefined;
}

/** The page on which a person pays. @param problem what the last try has met, if anything */
export function payPage(session: SessionRecord, method: Method, typed: Typed, problem?: Problem): string {
  const total = displayMoney(totalOf(session), session.currency);
  return page(
    `Pay ${total}`,
    html`<h1>Pay ${total}</h1>
${lines(session, total)}
${problem && html`<p class="alert" role="alert" id="problem">${problem.message}</p>`}
${methodsOf(session).length > 1 ? methods(method) : undefined}
<form method="post" action="?method=${method}">
${email(session, typed, problem)}
${method === 'card' ? cardFields(typed, problem) : bankFields(typed, problem)}
<button type="submit">Pay ${total}</button>
</form>
${session.cancelUrl === null ? undefined : html`<p><a href="${session.cancelUrl}">Back</a></p>`}
${method === 'card' ? testCards : testAccounts}
${watch}`,
  );
}

/** For a session on which nobody can pay any more. */
export function closedPage(session: SessionRecord, status: 'complete' | 'expired'): string {
  if (status === 'complete')
    return page(
      'Payment complete',
      html`<h1>This payment is complete</h1>
<p>There is nothing left to pay here.</p>
<p><a href="${landingUrl(session)}">Continue</a></p>`,
    );
  return page(
    'Page expired',
    html`<h1>This payment page has expired</h1>
<p>Nothing was paid. Go back to the shop to begin again.</p>
${session.cancelUrl === null ? undefined : html`<p><a href="${session.cancelUrl}">Back</a></p>`}`,
  );
}

export const missingPage = (): string =>
  page('Page not found', html`<h1>There is no such page</h1><p>Look at the link again.</p>`);

/** Where the customer lands who has paid. */
export const landingUrl = ({ id, successUrl }: SessionRecord): string =>
  new URL(successUrl.replaceAll('{CHECKOUT_SESSION_ID}', id)).href;

const lines = (session: SessionRecord, total: string): Html => html`<table class="lines">
<thead><tr><th scope="col">Item</th><th scope="col">Quantity</th><th scope="col">Amount</th></tr></thead>
<tbody>
${session.lines.map(
  ({ name, quantity, unitAmount }) =>
    html`<tr><th scope="row">${name}</th><td>${quantity}</td><td>${displayMoney(unitAmount * quantity, session.currency)}</td></tr>\n`,
)}</tbody>
<tfoot><tr><th scope="row">Total</th><td></td><td>${total}</td></tr></tfoot>
</table>`;

const methods = (chosen: Method): Html => html`<nav aria-label="Payment method">
${(['card', 'bank'] as const).map(
  (method) =>
    html`<a href="?method=${method}"${method === chosen ? html` aria-current="page"` : undefined}>${method === 'card' ? 'Card' : 'US bank account'}</a>\n`,
)}</nav>`;

function email({ customerEmail }: SessionRecord, typed: Typed, problem?: Problem): Html {
  if (customerEmail !== null) return html`<p class="quiet">The receipt goes to ${customerEmail}.</p>`;
  return field('email', 'Email', { value: typed.email, type: 'email', autocomplete: 'email', problem });
}

const cardFields = ({ name }: Typed, problem?: Problem): Html => html`${field('number', 'Card number', {
  autocomplete: 'cc-number',
  inputmode: 'numeric',
  problem,
})}
<div class="pair">
${field('expiry', 'Expiry (MM/YY)', { autocomplete: 'cc-exp', inputmode: 'numeric', pattern: '\\s*\\d\\d?\\s*/\\s*(\\d\\d)?\\d\\d\\s*', problem })}
${field('cvc', 'CVC', { autocomplete: 'cc-csc', inputmode: 'numeric', problem })}
</div>
${field('name', 'Name on card', { value: name, autocomplete: 'cc-name', problem })}`;

const bankFields = ({ name }: Typed, problem?: Problem): Html => html`${field('name', 'Account holder', {
  value: name,
  autocomplete: 'name',
  problem,
})}
${field('routing_number', 'Routing number', { inputmode: 'numeric', problem })}
${field('account_number', 'Account number', { inputmode: 'numeric', problem })}`;

interface FieldOptions {
  readonly value?: string | undefined;
  readonly type?: 'email';
  readonly autocomplete?: string;
  readonly inputmode?: 'numeric';
  readonly pattern?: string;
  readonly problem?: Problem | undefined;
}

function field(name: string, label: string, options: FieldOptions): Html {
  const { value = '', type = 'text', autocomplete = 'off', inputmode = 'text', pattern, problem } = options;
  const wrong = problem?.field === name ? html` aria-invalid="true" aria-describedby="problem"` : undefined;
  return html`<div><label for="${name}">${label}</label>
<input id="${name}" name="${name}" type="${type}" value="${value}" required autocomplete="${autocomplete}" inputmode="${inputmode}"${pattern === undefined ? undefined : html` pattern="${pattern}"`}${wrong}></div>`;
}

const examples = (title: string, rows: readonly (readonly [string, string])[]): Html => html`<details>
<summary>${title}</summary>
<table>
<thead><tr><th scope="col">Number</th><th scope="col">What becomes of it</th></tr></thead>
<tbody>
${rows.map(([number, what]) => html`<tr><th scope="row"><code>${number}</code></th><td>${what}</td></tr>\n`)}</tbody>
</table>
</details>`;

const testCards = examples('Test cards: any expiry to come, any CVC', [
  ['4242 4242 4242 4242', 'pays'],
  ['4000 0025 0000 3155', 'the bank asks first'],
  ['4000 0000 0000 0002', 'is declined'],
  ['4000 0000 0000 9995', 'has no money'],
  ['4000 0000 0000 0259', 'is disputed'],
]);

const testAccounts = examples('Test accounts: routing number 110000000', [
  ['000123456789', 'pays, a minute later'],
  ['000222222227', 'has no money, a minute later'],
]);
