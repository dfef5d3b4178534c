import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { match } from '../../stripe-emulator/routes.js';
import { type Answer, idOf, mug, openEmulator, type TestEmulator } from './emulator.js';
import { openSession } from './hosted.js';

/** The parameters of every call, from Stripe's own description: openapi/trim.mjs makes the copy. */
const { calls } = JSON.parse(readFileSync(new URL('openapi/parameters.json', import.meta.url), 'utf8')) as {
  calls: Record<string, string>;
};
const readme = readFileSync(new URL('../../stripe-emulator/README.md', import.meta.url), 'utf8');

/** What takes effect in a way that the answer to one call of a secret key does not show. */
const SEEN_ELSEWHERE: readonly string[] = [
  'POST /v1/payment_methods us_bank_account', // read where `type` names it: payment-methods.test.ts
];

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
  await populate();
});
afterAll(() => emulator.close());

interface Known {
  readonly call: string;
  readonly method: string;
  readonly path: string;
  readonly names: readonly string[];
  readonly params: Readonly<Record<string, unknown>>;
}

/** The calls of the description that the emulator has. */
const known: readonly Known[] = Object.entries(calls).flatMap(([call, names]) => {
  const [method = '', path = ''] = call.split(' ');
  const route = match(method, path)?.route;
  if (route?.path !== path) return [];
  return [{ call, method, path, names: names.split(' ').filter((name) => name !== ''), params: route.params }];
});

async function send({ method, path }: Known, id: string, form: Readonly<Record<string, string>>): Promise<Answer> {
  const where = path.replace(':id', id);
  if (method === 'POST') return emulator.send(where, form);
  return emulator.send(`${where}?${new URLSearchParams(form)}`);
}

test('every parameter that Stripe knows and the emulator does not is refused by its name', async () => {
  const calls = known.filter(({ method }) => method !== 'DELETE');
  expect(calls.length).toBeGreaterThan(40);
  for (const call of calls) {
    const unknown = call.names.filter((name) => !Object.hasOwn(call.params, name));
    if (unknown.length === 0) continue;
    const { status, body } = await send(call, 'any', Object.fromEntries(unknown.map((name) => [name, 'x'])));
    const message = `Received unknown parameter${unknown.length > 1 ? 's' : ''}: ${unknown.join(', ')}`;
    expect({ call: call.call, status, error: body.error }).toMatchObject({
      call: call.call,
      status: 400,
      error: { code: 'parameter_unknown', message },
    });
  }
});

const card = { payment_method: 'pm_card_visa', confirm: true } as const;
const never = { automatic_payment_methods: { enabled: true, allow_redirects: 'never' } } as const;
const incremental = {
  capture_method: 'manual',
  payment_method_options: { card: { request_incremental_authorization: 'if_available' } },
} as const;
const intent = async (more: object = {}) => (await emulator.stripe.paymentIntents.create({ ...mug, ...more })).id;
const paid = () => intent({ ...card, ...never });
const charge = async () => idOf((await emulator.stripe.paymentIntents.retrieve(await paid())).latest_charge);
const customer = async () => {
  const { id } = await emulator.stripe.customers.create({ name: 'Ada' });
  await emulator.stripe.paymentMethods.attach(await method(), { customer: id });
  return id;
};
const method = async () =>
  (await emulator.stripe.paymentMethods.create({ type: 'card', card: { token: 'tok_visa' } })).id;
const refund = async () => (await emulator.stripe.refunds.create({ payment_intent: await paid() })).id;
const endpoint = async () =>
  (await emulator.stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/', enabled_events: ['account.updated'] }))
    .id;

/** One of each, so that a list has what a filter leaves out. */
async function populate(): Promise<void> {
  await openSession(emulator);
  await customer();
  await refund();
  const payment_intent = await paid();
  await emulator.control('POST', 'disputes', { payment_intent });
  await emulator.control('POST', 'early_fraud_warnings', { payment_intent });
  await emulator.control('POST', 'reviews', { payment_intent });
}

/** A fresh object for `:id`, by the start of the path. */
const objects: readonly (readonly [RegExp, () => Promise<string>])[] = [
  [/payment_intents\/:id\/capture/, () => intent({ ...card, ...never, capture_method: 'manual' })],
  [/payment_intents\/:id\/increment/, () => intent({ ...card, ...never, ...incremental })],
  [/payment_intents\/:id/, intent],
  [/charges\/:id/, charge],
  [/sessions\/:id/, async () => (await openSession(emulator)).id],
  [/customers\/:id/, customer],
  [/payment_methods\/:id/, method],
  [/refunds\/:id/, refund],
  [/webhook_endpoints\/:id/, endpoint],
  [
    /disputes\/:id/,
    async () => String((await emulator.control('POST', 'disputes', { payment_intent: await paid() })).id),
  ],
];

/** What a call needs to succeed. */
async function base({ call }: Known): Promise<Record<string, string>> {
  const asked = { payment_method: 'pm_card_authenticationRequired', return_url: 'https://shop.example/back' };
  if (call === 'POST /v1/payment_intents') return { amount: '1250', currency: 'usd', confirm: 'true', ...asked };
  if (call === 'POST /v1/payment_methods') return { type: 'card', 'card[token]': 'tok_visa' };
  if (call === 'POST /v1/refunds') return { payment_intent: await paid() };
  if (call === 'POST /v1/webhook_endpoints') return { url: 'http://127.0.0.1:9/', 'enabled_events[0]': '*' };
  if (call === 'POST /v1/disputes/:id') return { 'evidence[uncategorized_text]': 'It was sent.' };
  if (call.endsWith('/confirm')) return asked;
  if (call.endsWith('/increment_authorization')) return { amount: '2000' };
  if (call.endsWith('/attach')) return { customer: await customer() };
  if (call.endsWith('/search')) return { query: "created>'0'" };
  if (call === 'POST /v1/checkout/sessions')
    return {
      mode: 'payment',
      success_url: 'https://shop.example/paid',
      'line_items[0][quantity]': '1',
      'line_items[0][price_data][currency]': 'usd',
      'line_items[0][price_data][unit_amount]': '1250',
      'line_items[0][price_data][product_data][name]': 'Mug',
    };
  return {};
}

/** Values of a kind that no default is like. */
function samples(name: string, kind: unknown): readonly Record<string, string>[] {
  if (Array.isArray(kind)) return kind.map((value) => ({ [name]: String(value) }));
  if (kind === 'boolean') return [{ [name]: 'true' }, { [name]: 'false' }];
  if (kind === 'integer') return [{ [name]: '777' }];
  if (kind === 'list') return [{ [`${name}[0]`]: 'strange' }];
  return kind === 'hash' ? [{ [`${name}[strange]`]: 'strange' }] : [{ [name]: 'strange' }];
}

/** An answer without what differs from one call to the next: ids, secrets and times. */
const plain = ({ status, body }: Answer): string =>
  `${status} ${JSON.stringify(body)
    .replace(/\b(?:[a-z]+_)+(?:test_)?[A-Za-z0-9]{14,}\w*/g, 'id')
    .replace(/\b1[0-9]{9}\b/g, 'time')
    .replace(/"(?:request_log_url|invoice_prefix)":"[^"]*"/g, '')}`;

test('every parameter that the emulator takes changes an answer, is refused, or is listed in its README', async () => {
  const without: string[] = [];
  for (const call of known.filter(({ method }) => method !== 'DELETE')) {
    const make = objects.find(([pattern]) => pattern.test(call.path))?.[1] ?? (async () => 'none');
    const answer = async (more: Record<string, string>, left?: string) => {
      const form = Object.entries(await base(call)).filter(([name]) => name.split('[')[0] !== left);
      return plain(await send(call, await make(), { ...Object.fromEntries(form), ...more }));
    };
    const usual = await answer({});
    for (const name of call.names.filter((name) => Object.hasOwn(call.params, name))) {
      const answers = await Promise.all(samples(name, call.params[name]).map((sample) => answer(sample, name)));
      if (answers.every((one) => one === usual)) without.push(`${call.call} ${name}`);
    }
  }
  const section = readme.split('## Stored without effect')[1]?.split('\n## ')[0] ?? '';
  const unlisted = without.filter((line) => !section.includes(`\`${line.split(' ').at(-1)}\``));
  expect(unlisted.filter((line) => !SEEN_ELSEWHERE.includes(line))).toEqual([]);
}, 60_000);
