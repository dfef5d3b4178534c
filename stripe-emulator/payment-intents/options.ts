import { exclusive, invalidRequest } from '../errors.js';
import { check, type Form, nested, type Schema, text, texts } from '../form.js';
import { checkedTypes } from '../payment-methods/types.js';
import { shippingFrom } from '../shipping.js';
import type { IntentOptions } from './record.js';

const cardKinds: Schema = {
  capture_method: ['manual'],
  request_three_d_secure: ['any', 'automatic', 'challenge'],
  request_incremental_authorization: ['if_available', 'never'],
  setup_future_usage: ['none', 'off_session', 'on_session'],
};

/** What can be asked for, as parameters of an intent. */
export const optionParams: Schema = {
  allowed_payment_method_types: 'list',
  excluded_payment_method_types: 'list',
  payment_method_options: 'hash',
  setup_future_usage: 'string',
  shipping: 'hash',
  statement_descriptor: 'string',
  statement_descriptor_suffix: 'string',
  transfer_group: 'string',
};

/**
 * What the parameters make of what was asked for before. What is not named stays; an empty value takes away.
 * @throws StripeError for what Stripe does not take
 */
export function optionsFrom(form: Form, before: IntentOptions): IntentOptions {
  const value = (name: string, old: string | null): string | null => {
    const given = text(form, name);
    return given === undefined ? old : given || null;
  };
  if (form.allowed_payment_method_types !== undefined && form.excluded_payment_method_types !== undefined)
    throw exclusive('allowed_payment_method_types', 'excluded_payment_method_types');
  const types = (name: string, old: readonly string[] | null): readonly string[] | null =>
    form[name] === undefined ? old : form[name] === '' ? null : checkedTypes(name, texts(form, name));
  return {
    confirmationMethod: form.confirmation_method === 'manual' ? 'manual' : before.confirmationMethod,
    allowedTypes: types('allowed_payment_method_types', before.allowedTypes),
    excludedTypes: types('excluded_payment_method_types', before.excludedTypes),
    namedTypes: types('payment_method_types', before.namedTypes),
    card: cardOptions(form, before.card),
    setupFutureUsage: usage(value('setup_future_usage', before.setupFutureUsage)),
    shipping: shippingFrom(form, before.shipping),
    statementDescriptor: descriptor('statement_descriptor', value('statement_descriptor', before.statementDescriptor)),
    statementDescriptorSuffix: descriptor(
      'statement_descriptor_suffix',
      value('statement_descriptor_suffix', before.statementDescriptorSuffix),
    ),
    transferGroup: value('transfer_group', before.transferGroup),
  };
}

function cardOptions(form: Form, before: IntentOptions['card']): IntentOptions['card'] {
  const options = nested(form, 'payment_method_options');
  check(options, { card: 'hash' }, [], 'payment_method_options');
  const given = nested(options, 'card');
  const named = Object.entries(given).filter(([name, value]) => value !== '' || !Object.hasOwn(cardKinds, name));
  check(Object.fromEntries(named), cardKinds, [], 'payment_method_options[card]');
  const merged = Object.entries({ ...before, ...given }).filter(([, value]) => value !== '');
  return Object.fromEntries(merged.map(([name, value]) => [name, String(value)]));
}

function usage(given: string | null): IntentOptions['setupFutureUsage'] {
  if (given === null || given === 'on_session' || given === 'off_session') return given;
  throw invalidRequest('Invalid setup_future_usage: must be one of off_session, or on_session', {
    param: 'setup_future_usage',
  });
}

/** https://docs.stripe.com/get-started/account/statement-descriptors#requirements */
function descriptor(param: string, given: string | null): string | null {
  if (given === null) return null;
  const what = param.replaceAll('_', ' ');
  if (given.length > 22) throw invalidRequest(`The ${what} must be at most 22 characters.`, { param });
  if (/[<>\\'"*]/.test(given))
    throw invalidRequest(`The ${what} cannot contain the following characters: <, >, \\, ', ", *.`, { param });
  if (!/[A-Za-z]/.test(given))
    throw invalidRequest(`The ${what} must contain at least one alphabetic character.`, { param });
  return given;
}
