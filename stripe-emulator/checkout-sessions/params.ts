import { checkAmount, minimumOf } from '../currencies.js';
import { checkedEmail } from '../customers/known.js';
import { invalidRequest, missing, noSuch } from '../errors.js';
import { check, type Form, integer, mergeMetadata, nested, text } from '../form.js';
import { newId } from '../ids.js';
import { displayMoney } from '../money.js';
import { optionParams, optionsFrom } from '../payment-intents/options.js';
import { noOptions } from '../payment-intents/record.js';
import type { SessionLine, SessionRecord } from './record.js';

const SHORTEST_SECONDS = 30 * 60;
const LONGEST_SECONDS = 86_400;

/** @throws StripeError for modes that are Stripe's and not this emulator's */
export function checkMode(form: Form): void {
  const mode = text(form, 'mode');
  if (mode !== 'payment') throw invalidRequest(`Invalid mode: must be payment here, not ${mode}`, { param: 'mode' });
  const uiMode = text(form, 'ui_mode') ?? 'hosted_page';
  if (uiMode !== 'hosted_page')
    throw invalidRequest(`Invalid ui_mode: must be hosted_page here, not ${uiMode}`, { param: 'ui_mode' });
}

/**
 * @param now Unix seconds of the emulator's clock
 * @throws StripeError outside Stripe's bounds: https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-expires_at
 */
export function expiresAt(form: Form, now: number): number {
  const at = integer(form, 'expires_at') ?? now + LONGEST_SECONDS;
  const refusal = (bound: string) =>
    invalidRequest(`The \`expires_at\` timestamp must be ${bound} from Checkout Session creation.`, {
      param: 'expires_at',
    });
  if (at < now + SHORTEST_SECONDS) throw refusal('at least 30 minutes');
  if (at > now + LONGEST_SECONDS) throw refusal('less than 24 hours');
  return at;
}

/** @throws StripeError for an address that a browser cannot be sent to */
export function webAddress(form: Form, name: string): string | null {
  const url = text(form, name);
  if (url === undefined || url === '') return null;
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw invalidRequest('Not a valid URL', { code: 'url_invalid', param: name });
  return url;
}

/** @throws StripeError where both a customer and an address are given */
export function customerEmail(form: Form): string | null {
  if (form.customer !== undefined && form.customer_email !== undefined)
    throw invalidRequest('You may only specify one of these parameters: customer, customer_email.');
  return checkedEmail(form, 'customer_email') || null;
}

export function intentData(form: Form): SessionRecord['intentData'] {
  const given = nested(form, 'payment_intent_data');
  const kinds = { description: 'string', metadata: 'hash', receipt_email: 'string' } as const;
  const {
    payment_method_options: _,
    allowed_payment_method_types: __,
    excluded_payment_method_types: ___,
    ...ofIntent
  } = optionParams;
  const captureMethods = ['automatic', 'automatic_async', 'manual'] as const;
  check(given, { ...ofIntent, ...kinds, capture_method: captureMethods }, [], 'payment_intent_data');
  const captureMethod = (text(given, 'capture_method') ?? 'automatic') as SessionRecord['intentData']['captureMethod'];
  return {
    metadata: mergeMetadata({}, given),
    captureMethod,
    receiptEmail: checkedEmail(given, 'receipt_email') || null,
    description: text(given, 'description') ?? null,
    options: optionsFrom({ ...form, ...given }, noOptions),
  };
}

/** @throws StripeError for lines without a price, in several currencies, or of too small or too large a total */
export function linesFrom(form: Form): Pick<SessionRecord, 'lines' | 'currency'> {
  const items = Object.values(nested(form, 'line_items'));
  const read = items.map((item, index) => lineFrom(item, `line_items[${index}]`));
  const currency = read[0]?.currency;
  if (currency === undefined) throw missing('line_items');
  const other = read.find((line) => line.currency !== currency);
  if (other)
    throw invalidRequest(
      `All line items of a Checkout Session must have one currency: there are ${currency} and ${other.currency}.`,
      { param: 'line_items' },
    );
  checkTotal(
    read.reduce((sum, { line }) => sum + line.unitAmount * line.quantity, 0),
    currency,
  );
  return { lines: read.map(({ line }) => line), currency };
}

function lineFrom(item: unknown, within: string): { line: SessionLine; currency: string } {
  if (typeof item !== 'object' || item === null) throw invalidRequest('Invalid object', { param: within });
  const given = item as Form;
  check(given, { price: 'string', price_data: 'hash', quantity: 'integer' }, [], within);
  const price = text(given, 'price');
  if (price !== undefined) throw noSuch('price', price, `${within}[price]`, 400);
  if (given.price_data === undefined) throw missing(`${within}[price_data]`);
  const data = nested(given, 'price_data');
  const dataKinds = {
    currency: 'string',
    unit_amount: 'integer',
    product_data: 'hash',
    tax_behavior: ['exclusive', 'inclusive', 'unspecified'],
  } as const;
  check(data, dataKinds, ['currency', 'unit_amount', 'product_data'], `${within}[price_data]`);
  const product = nested(data, 'product_data');
  const productKinds = { name: 'string', description: 'string', images: 'list', metadata: 'hash' } as const;
  check(product, productKinds, ['name'], `${within}[price_data][product_data]`);
  const quantity = integer(given, 'quantity');
  if (quantity === undefined)
    throw invalidRequest(`Quantity is required. Add \`quantity\` to \`${within}\``, { param: `${within}[quantity]` });
  const unitAmount = integer(data, 'unit_amount') ?? 0;
  for (const [value, least, param] of [
    [quantity, 1, `${within}[quantity]`],
    [unitAmount, 0, `${within}[price_data][unit_amount]`],
  ] as const)
    if (value < least)
      throw invalidRequest(least === 1 ? 'Invalid positive integer' : 'Invalid non-negative integer', {
        code: 'parameter_invalid_integer',
        param,
      });
  const ids = { id: newId('li'), priceId: newId('price'), productId: newId('prod') };
  const line = { ...ids, name: text(product, 'name') ?? '', unitAmount, quantity };
  return { line, currency: (text(data, 'currency') ?? '').toLowerCase() };
}

/** As for intents, but Stripe has words of its own for too little on a page. */
function checkTotal(total: number, currency: string): void {
  const minimum = minimumOf(currency);
  if (total < minimum)
    throw invalidRequest(
      `The Checkout Session's total amount due must add up to at least ${displayMoney(minimum, currency)} ${currency}`,
      { code: 'amount_too_small' },
    );
  checkAmount(total, currency);
}
