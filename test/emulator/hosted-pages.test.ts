import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { watch } from '../../stripe-emulator/hosted-pages/watch.js';
import { mug, openEmulator, type TestEmulator } from './emulator.js';
import { askingVisa, basket, browse, openSession, payByCard, typedAccount, typedCard, visa } from './hosted.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const open = (more?: Partial<Stripe.Checkout.SessionCreateParams>) => openSession(emulator, more);
const intentOf = async (session: Stripe.Checkout.Session) => {
  const { payment_intent } = await emulator.stripe.checkout.sessions.retrieve(session.id, {
    expand: ['payment_intent'],
  });
  return payment_intent as Stripe.PaymentIntent;
};
const answerBank = (url: string, outcome: 'succeed' | 'fail') => browse(url, { outcome });

describe('the page on which a person pays', () => {
  test('shows what is bought and what it costs, and a way back', async () => {
    const { status, text } = await browse((await open()).url!);
    expect(status).toBe(200);
    for (const shown of ['Pay $32.50', 'Mug', '$20.00', 'Plate', '$12.50', 'href="https://shop.test/basket"'])
      expect(text).toContain(shown);
  });

  test.each([
    ['jpy', 1250, '¥1,250'],
    ['kwd', 1250, 'KWD\u00a01.250'],
    ['eur', 1250, '€12.50'],
  ])('shows %s in its own units', async (currency, unit_amount, shown) => {
    const line_items = [{ quantity: 1, price_data: { currency, unit_amount, product_data: { name: 'Mug' } } }];
    const { text } = await browse((await open({ line_items })).url!);
    expect(text).toContain(`Pay ${shown}`);
  });

  test('shows what others wrote as text, never as HTML', async () => {
    const product_data = { name: '<script>alert("mug")</script>' };
    const line_items = [{ quantity: 1, price_data: { currency: 'usd', unit_amount: 900, product_data } }];
    const session = await open({ line_items, cancel_url: 'https://shop.test/?a="><script>' });
    const shown = await browse(session.url!);
    const refused = await browse(session.url!, { ...typedCard('1'), name: '"><script>', email: '<b>@example.com' });
    const foreign = `${shown.text}${refused.text}`.replaceAll(watch.text, '');
    expect(foreign).not.toMatch(/<script|<b>/);
    expect(shown.text).toContain('&lt;script&gt;alert(&quot;mug&quot;)&lt;/script&gt;');
  });

  test('says why a card was declined, and keeps name and address but no number', async () => {
    const session = await open();
    const { status, text } = await browse(session.url!, typedCard('4000000000009995'));
    expect(status).toBe(402);
    expect(text).toContain('role="alert" id="problem">Your card has insufficient funds.');
    expect(text).toContain('value="ann@example.com"');
    expect(text).toContain('value="Ann Smith"');
    expect(text).not.toContain('9995"');
    expect((await browse(session.url!)).text).toContain('Your card has insufficient funds.');
  });

  test.each<[string, Record<string, string>, string, string]>([
    ['a slip in the number', { number: '4242424242424241' }, 'Your card number is incorrect.', 'number'],
    ['no number', { number: '' }, 'Your card number is incorrect.', 'number'],
    ['no expiry', { expiry: 'soon' }, 'Your card&#39;s expiration month is invalid.', 'expiry'],
    ['an expiry that is over', { expiry: '08/20' }, 'Your card&#39;s expiration year is invalid.', 'expiry'],
    ['half a code', { cvc: '3' }, 'Your card&#39;s security code is invalid.', 'cvc'],
    ['half an address', { email: 'ann' }, 'Invalid email address: ann', 'email'],
  ])('points at %s, and no intent is made', async (_what, wrong, message, field) => {
    const session = await open();
    const { text } = await browse(session.url!, { ...typedCard(visa), ...wrong });
    expect(text).toContain(message);
    expect(text).toMatch(new RegExp(`id="${field}"[^>]*aria-invalid="true" aria-describedby="problem"`));
    expect(await intentOf(session)).toBeNull();
  });

  test('points at an account that is none', async () => {
    const { text } = await browse(`${(await open()).url}?method=bank`, typedAccount('1'));
    expect(text).toMatch(/id="account_number"[^>]*aria-invalid="true"/);
  });

  test('is over once paid, and where nobody made one', async () => {
    const session = await open();
    await payByCard(session, visa);
    expect((await browse(session.url!)).text).toContain('This payment is complete');
    expect(await browse(`${emulator.url}/c/pay/cs_test_none`)).toMatchObject({ status: 404 });
    expect(await browse(`${emulator.url}/3ds/pi_none`, { outcome: 'succeed' })).toMatchObject({ status: 404 });
  });

  test('has expired when the session has', async () => {
    const session = await open();
    await emulator.stripe.checkout.sessions.expire(session.id);
    const { status, text } = await browse(session.url!);
    expect(status).toBe(410);
    expect(text).toContain('This payment page has expired');
    expect(text).toContain('href="https://shop.test/basket"');
  });

  test('knows the customer of the session', async () => {
    const { id } = await emulator.stripe.customers.create({ email: 'bea@example.com', name: 'Bea' });
    const { text } = await browse((await open({ customer: id })).url!);
    expect(text).toContain('value="bea@example.com"');
    expect((await browse((await open({ customer_email: 'carl@example.com' })).url!)).text).toContain(
      'The receipt goes to carl@example.com.',
    );
  });
});

describe("the bank's page", () => {
  test('stands between a card and the end of the session', async () => {
    const session = await open();
    const { location } = await payByCard(session, askingVisa);
    const { id, status, next_action } = await intentOf(session);
    expect(status).toBe('requires_action');
    expect(location).toBe(`/3ds/${id}`);
    expect(next_action?.redirect_to_url).toEqual({ url: `${emulator.url}/3ds/${id}`, return_url: session.url });
    expect((await browse(`${emulator.url}/3ds/${id}`)).text).toContain('$32.50');
    expect(await answerBank(`${emulator.url}/3ds/${id}`, 'succeed')).toMatchObject({
      status: 303,
      location: `https://shop.test/thanks?session=${session.id}`,
    });
    expect((await intentOf(session)).status).toBe('succeeded');
  });

  test('sends a customer who failed back to the page, which says so', async () => {
    const session = await open();
    await payByCard(session, askingVisa);
    const { id } = await intentOf(session);
    expect(await answerBank(`${emulator.url}/3ds/${id}`, 'fail')).toMatchObject({ status: 303, location: session.url });
    expect((await browse(session.url!)).text).toContain('We are unable to authenticate your payment method.');
    expect((await payByCard(session, visa)).status).toBe(303);
    expect(await intentOf(session)).toMatchObject({ id, status: 'succeeded' });
  });

  const confirmed = (return_url: string) =>
    emulator.stripe.paymentIntents.create({
      ...mug,
      payment_method: 'pm_card_threeDSecure2Required',
      confirm: true,
      return_url,
    });

  test.each([
    ['succeed', 'succeeded'],
    ['fail', 'failed'],
  ] as const)('returns to the shop that confirmed the intent itself: %s', async (outcome, told) => {
    const { id, client_secret, next_action } = await confirmed('https://shop.test/back?cart=7');
    const { location } = await answerBank(next_action!.redirect_to_url!.url!, outcome);
    expect(Object.fromEntries(new URL(location!).searchParams)).toEqual({
      cart: '7',
      payment_intent: id,
      payment_intent_client_secret: client_secret,
      redirect_status: told,
    });
  });

  test('asks once: who clicks twice or steps back goes on to where the first click led', async () => {
    const { id, next_action } = await confirmed('https://shop.test/back');
    const { url } = next_action!.redirect_to_url!;
    const { location } = await answerBank(url!, 'succeed');
    expect((await answerBank(url!, 'fail')).location).toBe(location);
    expect((await browse(url!)).location).toBe(location);
    expect((await emulator.stripe.paymentIntents.retrieve(id)).status).toBe('succeeded');
  });

  test('asks for Stripe.js too, which stays where it is', async () => {
    const { id } = await emulator.stripe.paymentIntents.create({
      ...mug,
      payment_method: 'pm_card_threeDSecure2Required',
      confirm: true,
    });
    const page = `${emulator.url}/3ds/${id}`;
    expect((await browse(page)).text).toContain('$12.50');
    expect((await answerBank(page, 'succeed')).text).toContain('Your bank asks nothing');
    expect((await emulator.stripe.paymentIntents.retrieve(id)).status).toBe('succeeded');
  });

  test('needs an address to return to that is one', async () => {
    await expect(confirmed('back')).rejects.toMatchObject({ code: 'url_invalid', param: 'return_url' });
  });
});

test('what a customer does on a page is told like everything else, and caused by no call of the API', async () => {
  const session = await emulator.stripe.checkout.sessions.create(basket);
  await payByCard(session, visa);
  const [completed] = (await emulator.stripe.events.list({ type: 'checkout.session.completed', limit: 1 })).data;
  expect(completed).toMatchObject({ data: { object: { id: session.id } }, request: { id: null } });
});
