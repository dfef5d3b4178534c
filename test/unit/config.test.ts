import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ConfigError, configVariables, loadConfig } from '../../platform/config.js';
import { envExample } from '../../platform/env-example.js';

const good = {
  DATABASE_URL: 'postgresql://localhost/holdfast',
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_WEBHOOK_SECRET: 'whsec_a,whsec_b',
  JWT_SECRET: 'x'.repeat(32),
};

test('what is left out has its default', () => {
  expect(loadConfig(good)).toMatchObject({
    PORT: 5005,
    ORDERS_PORT: 3004,
    PRODUCTS_PORT: 3001,
    CHECKOUT_HOLD_SECONDS: 1800,
    KAFKA_BROKERS: [],
  });
});

test('brokers are a list', () => {
  expect(loadConfig({ ...good, KAFKA_BROKERS: 'k1:9092, k2:9092' }).KAFKA_BROKERS).toEqual(['k1:9092', 'k2:9092']);
});

test.each([
  ['PORT', 'abc'],
  ['PORT', '70000'],
  ['ORDERS_PORT', '-1'],
  ['PRODUCTS_PORT', '1.5'],
  ['HEALTH_PORT', 'x'],
  ['LOG_LEVEL', 'loud'],
  ['DATABASE_URL', 'mysql://x'],
  ['DATABASE_POOL_SIZE', '0'],
  ['TEMPORAL_ADDRESS', 'nowhere'],
  ['KAFKA_BROKERS', 'localhost'],
  ['KAFKA_REPLICATION_FACTOR', '0'],
  ['KAFKA_MIN_INSYNC_REPLICAS', '2'],
  ['KAFKA_RETENTION_MS', '-2'],
  ['KAFKA_SSL', 'yes'],
  ['KAFKA_SSL_CA', '/nowhere/ca.pem'],
  ['KAFKA_SASL_MECHANISM', 'kerberos'],
  ['STRIPE_SECRET_KEY', 'pk_test_1'],
  ['STRIPE_WEBHOOK_SECRET', 'secret'],
  ['STRIPE_API_BASE', 'stripe.com'],
  ['STRIPE_WEBHOOK_TOLERANCE_SECONDS', '0'],
  ['JWT_SECRET', 'short'],
  ['JWKS_URL', 'keys'],
  ['RATE_LIMIT_MAX', '0'],
  ['CHECKOUT_HOLD_SECONDS', '0'],
  ['CHECKOUT_OPEN_SECONDS', 'soon'],
  ['CAPTURE_METHOD', 'later'],
  ['CAPTURE_EXPIRY', 'wait'],
  ['PAYMENT_FAILURE_POLICY', 'give up'],
  ['PAYMENT_DECLINES_MAX', '0'],
  ['HOLD_LIMITS', 'orders'],
  ['HOLD_LIMITS', 'orders:0'],
  ['HOLD_LIMITS', 'orders:1,orders:2'],
  ['HOLD_LIMITS', 'pounds:5'],
  ['UNDO_PATIENCE_SECONDS', '-1'],
  ['APPROVAL_ABOVE', '50000'],
  ['APPROVAL_ABOVE', 'usd:many'],
])('%s=%s is refused in one sentence that names it', (name, value) => {
  const load = () => loadConfig({ ...good, [name]: value });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow(new RegExp(`^${name} .*: it must be [^.]*\\.`));
  expect(load).not.toThrow(/\n/);
});

test.each(['DATABASE_URL', 'STRIPE_SECRET_KEY', 'STRIPE_WEBHOOK_SECRET', 'JWT_SECRET'])('%s is needed', (name) => {
  expect(() => loadConfig({ ...good, [name]: undefined })).toThrow(new RegExp(`^${name} is not set`));
});

test.each([
  ['KAFKA_SASL_MECHANISM', { KAFKA_SASL_USERNAME: 'shop' }],
  ['KAFKA_SASL_USERNAME', { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_PASSWORD: 'open sesame' }],
  ['KAFKA_SASL_PASSWORD', { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'shop' }],
  ['KAFKA_SSL', { KAFKA_SSL_CA: 'package.json' }],
])('half a login is refused in one sentence that names %s', (name, half) => {
  const load = () => loadConfig({ ...good, ...half });
  expect(load).toThrow(new RegExp(`^${name} .*: it must be [^.]*\\.$`));
  expect(load).not.toThrow(/open sesame/);
});

test('a secret that is wrong is not repeated', () => {
  expect(() => loadConfig({ ...good, STRIPE_SECRET_KEY: 'live_money' })).not.toThrow(/live_money/);
});

test('.env.example lists every variable with its default', () => {
  expect(readFileSync('.env.example', 'utf8')).toBe(envExample());
  expect(configVariables.length).toBeGreaterThan(25);
});

test("the standard addresses to come back to from Stripe's page are the API's own page of the order, on its port", () => {
  const { CHECKOUT_SUCCESS_URL, CHECKOUT_CANCEL_URL } = loadConfig({ ...good, PORT: '5105' });
  const page = 'http://127.0.0.1:5105/checkout/{ORDER_ID}?key={ORDER_KEY}';
  expect([CHECKOUT_SUCCESS_URL, CHECKOUT_CANCEL_URL]).toEqual([page, page]);
});

test('what HOLD_LIMITS does not name has no bound', () => {
  const none = Number.MAX_SAFE_INTEGER;
  const { HOLD_LIMITS } = loadConfig({ ...good, HOLD_LIMITS: 'units:5, jpy:300' });
  expect(HOLD_LIMITS).toEqual({ orders: none, units: 5, declines: none, value: { jpy: 300 } });
});
