import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import type Stripe from 'stripe';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEmulator, type TestEmulator } from '../emulator/emulator.js';
import { declinedVisa, openSession, visa } from '../emulator/hosted.js';
import { eventually } from '../support/eventually.js';
import { executablePath, openBrowser, openPage, openShopFront } from './browser.js';

/** The page says so itself where the card's bank is asked. */
const askingVisa = '4000 0000 0000 3220';

describe.skipIf(executablePath === undefined)('in a browser (where there is none, this does not run)', () => {
  let emulator: TestEmulator;
  let browser: Browser;
  let shop: Awaited<ReturnType<typeof openShopFront>>;
  beforeAll(async () => {
    [emulator, browser, shop] = await Promise.all([openEmulator(), openBrowser(), openShopFront()]);
  });
  afterAll(() => Promise.all([browser.close(), emulator.close(), shop.close()]));

  const open = (): Promise<Stripe.Checkout.Session> =>
    openSession(emulator, {
      success_url: `${shop.url}/thanks?s={CHECKOUT_SESSION_ID}`,
      cancel_url: `${shop.url}/basket`,
    });
  const statusOf = async ({ id }: Stripe.Checkout.Session) => {
    const session = await emulator.stripe.checkout.sessions.retrieve(id, { expand: ['payment_intent'] });
    return [session.status, session.payment_status, (session.payment_intent as Stripe.PaymentIntent | null)?.status];
  };
  const typeCard = async (page: Page, number: string) => {
    await page.getByLabel('Email').fill('ann@example.com');
    await page.getByLabel('Card number').fill(number);
    await page.getByLabel('Expiry').fill('08/32');
    await page.getByLabel('CVC').fill('314');
    await page.getByLabel('Name on card').fill('Ann Smith');
  };
  const pay = (page: Page) => page.getByRole('button', { name: 'Pay $32.50' });
  const payBy = async (page: Page, number: string) => {
    await typeCard(page, number);
    await pay(page).click();
  };
  // The address is looked at, not waited for: of two clicks the second ends the navigation of the first.
  const landed = (page: Page, session: Stripe.Checkout.Session) =>
    eventually(() => page.url() === `${shop.url}/thanks?s=${session.id}`);

  test('a person pays, and lands in the shop', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    expect(await page.getByRole('row', { name: 'Mug 2 $20.00' }).count()).toBe(1);
    await payBy(page, visa);
    await landed(page, session);
    expect(await statusOf(session)).toEqual(['complete', 'paid', 'succeeded']);
  });

  test('a person without script pays as well', async () => {
    const session = await open();
    const page = await openPage(browser, { javaScriptEnabled: false });
    await page.goto(session.url!);
    await payBy(page, visa);
    await landed(page, session);
    expect(await statusOf(session)).toEqual(['complete', 'paid', 'succeeded']);
  });

  test('a person whose card is declined is told why, and pays with another', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    await payBy(page, declinedVisa);
    expect(await page.getByRole('alert').textContent()).toBe('Your card was declined.');
    expect(await page.getByLabel('Email').inputValue()).toBe('ann@example.com');
    expect(await page.getByLabel('Card number').inputValue()).toBe('');
    await payBy(page, visa);
    await landed(page, session);
    expect(await statusOf(session)).toEqual(['complete', 'paid', 'succeeded']);
  });

  test('a page that takes no card any more says so by itself, after a decline too', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    await payBy(page, declinedVisa);
    expect(await page.getByRole('alert').textContent()).toBe('Your card was declined.');
    await emulator.stripe.checkout.sessions.expire(session.id);
    await page.getByRole('heading', { name: 'This payment page has expired' }).waitFor();
    expect(await pay(page).count()).toBe(0);
  });

  test('a person who clicks twice pays once', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    await typeCard(page, visa);
    await pay(page).dblclick();
    await landed(page, session);
    const { data } = await emulator.stripe.events.list({ type: 'charge.succeeded', limit: 100 });
    const { payment_intent } = await emulator.stripe.checkout.sessions.retrieve(session.id);
    const charges = data.map((event) => (event.data.object as Stripe.Charge).payment_intent);
    expect(charges.filter((id) => id === payment_intent)).toHaveLength(1);
  });

  test('a person pays from a bank account, and the money is on its way', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    await page.getByRole('link', { name: 'US bank account' }).click();
    await page.getByLabel('Email').fill('ann@example.com');
    await page.getByLabel('Account holder').fill('Ann Smith');
    await page.getByLabel('Routing number').fill('110000000');
    await page.getByLabel('Account number').fill('000123456789');
    await pay(page).click();
    await landed(page, session);
    expect(await statusOf(session)).toEqual(['complete', 'unpaid', 'processing']);
  });

  test('a person whose bank asks confirms, with a click too many, and has paid once', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    await payBy(page, askingVisa);
    await page.getByRole('button', { name: 'Complete authentication' }).dblclick();
    await landed(page, session);
    expect(await statusOf(session)).toEqual(['complete', 'paid', 'succeeded']);
  });

  test('a person who fails before their bank is back on the page, and pays with another card', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    await payBy(page, askingVisa);
    await page.getByRole('button', { name: 'Fail authentication' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('unable to authenticate');
    await payBy(page, visa);
    await landed(page, session);
    expect(await statusOf(session)).toEqual(['complete', 'paid', 'succeeded']);
  });

  test('a person pays with the keyboard alone', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    const reached: (string | null)[] = [];
    for (const typed of ['', '', 'ann@example.com', visa, '08/32', '314', 'Ann Smith']) {
      await page.keyboard.press('Tab');
      reached.push(await page.locator(':focus').getAttribute('id'));
      await page.keyboard.type(typed);
    }
    expect(reached).toEqual([null, null, 'email', 'number', 'expiry', 'cvc', 'name']);
    await page.keyboard.press('Enter');
    await landed(page, session);
    expect(await statusOf(session)).toEqual(['complete', 'paid', 'succeeded']);
  });

  test('a person who has thought better of it goes back to the basket', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    await page.getByRole('link', { name: 'Back' }).click();
    await page.waitForURL(`${shop.url}/basket`);
    expect(await statusOf(session)).toEqual(['open', 'unpaid', undefined]);
  });

  test('a person who comes too late is told so', async () => {
    const session = await open();
    const page = await openPage(browser);
    await page.goto(session.url!);
    await emulator.stripe.checkout.sessions.expire(session.id);
    await payBy(page, visa);
    expect(await page.getByRole('heading').textContent()).toBe('This payment page has expired');
    expect(await statusOf(session)).toEqual(['expired', 'unpaid', undefined]);
  });

  describe('nobody is kept out: axe finds nothing, on a small screen nothing sticks out', () => {
    const barriers = async (page: Page) => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      return { violations: violations.map(({ id }) => id), width };
    };

    test.each<[string, (page: Page, session: Stripe.Checkout.Session) => Promise<unknown>, string]>([
      ['paying by card', async () => undefined, 'Card number'],
      [
        'paying from a bank account',
        (page) => page.getByRole('link', { name: 'US bank account' }).click(),
        'Account holder',
      ],
      ['a card that is declined', (page) => payBy(page, declinedVisa), 'Your card was declined.'],
      ['a number with a slip', (page) => payBy(page, '4242424242424241'), 'Your card number is incorrect.'],
      ['the list of test cards', (page) => page.getByText('Test cards').click(), 'the bank asks first'],
      ['the bank that asks', (page) => payBy(page, askingVisa), 'Is it you?'],
      [
        'an expired page',
        async (page, { id }) => {
          await emulator.stripe.checkout.sessions.expire(id);
          await page.reload();
        },
        'This payment page has expired',
      ],
      [
        'a page that was paid',
        async (page, session) => {
          await payBy(page, visa);
          await landed(page, session);
          await page.goto(session.url!);
        },
        'This payment is complete',
      ],
    ])('%s', async (_what, act, seen) => {
      const session = await open();
      const page = await openPage(browser, { viewport: { width: 320, height: 640 } });
      await page.goto(session.url!);
      await act(page, session);
      await page.getByText(seen).waitFor();
      expect(await barriers(page)).toEqual({ violations: [], width: 320 });
    });
  });
});
