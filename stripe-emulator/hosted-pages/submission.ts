import { type Form, text } from '../form.js';
import type { Method } from './pay-page.js';

/** What a person has typed, as the parameters of a payment method. */
export function methodForm(method: Method, typed: Form, email: string | null): Form {
  const billing_details = { ...(email ? { email } : {}), name: text(typed, 'name') };
  if (method === 'bank') {
    const us_bank_account = {
      account_number: digits(typed, 'account_number'),
      routing_number: digits(typed, 'routing_number'),
    };
    return { type: 'us_bank_account', us_bank_account, billing_details };
  }
  const [month = '', year = ''] = (text(typed, 'expiry') ?? '').split('/');
  const card = {
    number: text(typed, 'number') || '0',
    exp_month: whole(month),
    exp_year: whole(year),
    cvc: text(typed, 'cvc')?.trim() ?? '',
  };
  return { type: 'card', card, billing_details };
}

const digits = (typed: Form, name: string): string => (text(typed, name) ?? '').replaceAll(/[\s-]/g, '');

/** What is no number is a month that does not exist, and refused as one; so is a card number that is missing. */
const whole = (typed: string): string => (/^\s*\d{1,4}\s*$/.test(typed) ? typed.trim() : '0');

/** The field of the page that a refused parameter was typed into. */
export const fieldOf = (param: string | undefined): string | undefined =>
  param === undefined ? undefined : fields[param];

const fields: Readonly<Record<string, string>> = {
  email: 'email',
  number: 'number',
  'card[number]': 'number',
  exp_month: 'expiry',
  exp_year: 'expiry',
  cvc: 'cvc',
  'billing_details[name]': 'name',
  'us_bank_account[routing_number]': 'routing_number',
  'us_bank_account[account_number]': 'account_number',
};
