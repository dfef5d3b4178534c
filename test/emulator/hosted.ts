import type Stripe from 'stripe';
import type { Access } from './emulator.js';

/** Two mugs and a plate: 32.50 dollars. */
export const basket: Stripe.Checkout.SessionCreateParams = {
  mode: 'payment',
  line_items: [
    { quantity: 2, price_data: { currency: 'usd', unit_amount: 1000, product_data: { name: 'Mug' } } },
    { quantity: 1, price_data: { currency: 'usd', unit_amount: 1250, product_data: { name: 'Plate' } } },
  ],
  success_url: 'https://shop.test/thanks?session={CHECKOUT_SESSION_ID}',
  cancel_url: 'https://shop.test/basket',
};
export const BASKET_TOTAL = 3250;

export const openSession = (
  { stripe }: Access,
  more: Partial<Stripe.Checkout.SessionCreateParams> = {},
): Promise<Stripe.Checkout.Session> => stripe.checkout.sessions.create({ ...basket, ...more });

export interface PageAnswer {
  readonly status: number;
  /** where the browser is sent; null for a page */
  readonly location: string | null;
  readonly text: string;
}

/** As a browser without script: a form is posted, and a redirection is looked at and not followed. */
export async function browse(url: string, form?: Readonly<Record<string, string>>): Promise<PageAnswer> {
  const sent = form ? { method: 'POST', body: new URLSearchParams(form) } : {};
  const response = await fetch(url, { ...sent, redirect: 'manual', headers: { connection: 'close' } });
  return { status: response.status, location: response.headers.get('location'), text: await response.text() };
}

const person = { email: 'ann@example.com', name: 'Ann Smith' };

/** What a person types to pay with a card of this number. */
export const typedCard = (number: string): Record<string, string> => ({
  ...person,
  number,
  expiry: '08/32',
  cvc: '314',
});

export const typedAccount = (account_number: string): Record<string, string> => ({
  ...person,
  account_number,
  routing_number: '110000000',
});

export const payByCard = (session: Pick<Stripe.Checkout.Session, 'url'>, number: string): Promise<PageAnswer> =>
  browse(`${session.url}?method=card`, typedCard(number));

export const payByDebit = (session: Pick<Stripe.Checkout.Session, 'url'>, account: string): Promise<PageAnswer> =>
  browse(`${session.url}?method=bank`, typedAccount(account));

export const visa = '4242 4242 4242 4242';
export const declinedVisa = '4000000000000002';
export const askingVisa = '4000000000003220';
export const goodAccount = '000123456789';
export const poorAccount = '000222222227';
