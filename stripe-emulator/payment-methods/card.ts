import { cardOf } from '../cards.js';
import { type ErrorBody, exclusive, missing, noSuch, StripeError } from '../errors.js';
import { check, type Form, integer, text } from '../form.js';
import type { PaymentMethodRecord } from './record.js';
import { methodOfCardNumber, methodOfToken, passesLuhn } from './test-numbers.js';

type CardPart = Pick<PaymentMethodRecord, 'behavesAs' | 'last4' | 'expiry' | 'bank'>;

const refusal = (body: Omit<ErrorBody, 'type'>): StripeError =>
  new StripeError(402, { type: 'card_error', ...body }, false);

/**
 * What a card's fields make of a payment method.
 * @param nowMs milliseconds of the emulator's clock, for a card that has expired
 * @throws StripeError 402 as Stripe refuses a number, an expiry or a security code: https://docs.stripe.com/error-codes
 */
export function cardFrom(card: Form, nowMs: number): CardPart {
  const kinds = {
    number: 'string',
    exp_month: 'integer',
    exp_year: 'integer',
    cvc: 'string',
    token: 'string',
  } as const;
  check(card, kinds, [], 'card');
  const token = text(card, 'token');
  if (token !== undefined && card.number !== undefined) throw exclusive('card[token]', 'card[number]');
  if (token !== undefined) return cardOfToken(token);
  for (const name of ['number', 'exp_month', 'exp_year']) if (!card[name]) throw missing(`card[${name}]`);
  const number = (text(card, 'number') ?? '').replaceAll(/[\s-]/g, '');
  if (!/^\d{12,19}$/.test(number) || !passesLuhn(number))
    throw refusal({ code: 'incorrect_number', param: 'number', message: 'Your card number is incorrect.' });
  const expiry = expiryOf(integer(card, 'exp_month') ?? 0, integer(card, 'exp_year') ?? 0, nowMs);
  if (card.cvc !== undefined && !/^\d{3,4}$/.test(text(card, 'cvc') ?? ''))
    throw refusal({ code: 'invalid_cvc', param: 'cvc', message: "Your card's security code is invalid." });
  const behavesAs = methodOfCardNumber(number);
  if (!behavesAs)
    throw refusal({
      code: 'card_declined',
      decline_code: 'test_mode_live_card',
      message:
        'Your card was declined. Your request was in test mode, but used a non test (live) card. For a list of valid test cards, visit: https://stripe.com/docs/testing.',
    });
  return { behavesAs, last4: number.slice(-4), expiry, bank: null };
}

function cardOfToken(token: string): CardPart {
  const behavesAs = methodOfToken(token);
  const card = token.startsWith('tok_') ? cardOf(behavesAs) : undefined;
  if (!card) throw noSuch('token', token, 'card[token]', 400);
  return { behavesAs, last4: card.last4, expiry: { month: 12, year: 2034 }, bank: null };
}

/** @param year 34 and 2034 are the same */
function expiryOf(month: number, year: number, nowMs: number): { month: number; year: number } {
  const now = new Date(nowMs);
  const fullYear = year < 100 ? 2000 + year : year;
  const isThisYear = fullYear === now.getUTCFullYear();
  if (month < 1 || month > 12 || (isThisYear && month < now.getUTCMonth() + 1))
    throw refusal({
      code: 'invalid_expiry_month',
      param: 'exp_month',
      message: "Your card's expiration month is invalid.",
    });
  if (fullYear < now.getUTCFullYear() || fullYear > now.getUTCFullYear() + 50)
    throw refusal({
      code: 'invalid_expiry_year',
      param: 'exp_year',
      message: "Your card's expiration year is invalid.",
    });
  return { month, year: fullYear };
}
