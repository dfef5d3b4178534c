/** Against a stand-in that knows one object of each kind, as Stripe answers it: also those that the emulator has not. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PaymentProvider, ProviderRefused } from '../../domain/payments/provider.js';
import { createStripeClient, createStripeProvider } from '../../stripe/provider.js';

const objects: Readonly<Record<string, unknown>> = {
  '/v1/refunds/re_1': { payment_intent: 'pi_refund' },
  '/v1/refunds/pyr_1': { payment_intent: { id: 'pi_expanded' } },
  '/v1/charges/ch_1': { payment_intent: 'pi_charge' },
  '/v1/charges/py_1': { payment_intent: null },
  '/v1/disputes/dp_1': { payment_intent: 'pi_dispute', charge: 'ch_1' },
  '/v1/disputes/du_1': { payment_intent: null, charge: 'py_1' },
  '/v1/radar/early_fraud_warnings/issfr_1': { charge: 'ch_1' },
  '/v1/reviews/prv_1': { charge: { id: 'ch_1' }, payment_intent: null },
  '/v1/checkout/sessions/cs_test_1': { payment_intent: 'pi_session' },
  '/v1/checkout/sessions/cs_test_2': { payment_intent: null },
};
let server: Server;
let provider: PaymentProvider;
beforeAll(async () => {
  server = createServer(({ url = '' }, response) => {
    const found = objects[url.split('?')[0] ?? ''];
    const error = { type: 'invalid_request_error', message: `No such object: ${url}` };
    response
      .writeHead(found ? 200 : 404, { 'content-type': 'application/json' })
      .end(JSON.stringify(found ?? { error }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const stripe = createStripeClient({ secretKey: 'sk_test_lookup', apiBase: `http://127.0.0.1:${port}` });
  const nobodyReturns = { successUrl: 'https://shop.test/paid', cancelUrl: 'https://shop.test/left', keyOf: () => '' };
  provider = createStripeProvider(stripe, nobodyReturns);
});
afterAll(() => server.close());

test.each([
  ['a refund', 're_1', 'pi_refund'],
  ['a refund of a bank debit, with its intent spelt out', 'pyr_1', 'pi_expanded'],
  ['a charge', 'ch_1', 'pi_charge'],
  ['a dispute', 'dp_1', 'pi_dispute'],
  ['a fraud warning, which may name its charge alone', 'issfr_1', 'pi_charge'],
  ['a review, which may name its charge alone', 'prv_1', 'pi_charge'],
  ['a checkout session', 'cs_test_1', 'pi_session'],
])('%s leads to its intent', async (_what, id, intent) => {
  expect(await provider.intentOf(id)).toBe(intent);
});

test.each([
  ['a checkout session that nobody paid', 'cs_test_2'],
  ['a dispute of a charge without an intent', 'du_1'],
])('%s leads to none', async (_what, id) => {
  expect(await provider.intentOf(id)).toBeNull();
});

test.each([
  ['an object that is not there', 're_none'],
  ['an object of another kind', 'cus_1'],
])('%s is refused', async (_what, id) => {
  await expect(provider.intentOf(id)).rejects.toThrow(ProviderRefused);
});
