import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { readSettings } from '../../dev/stack/settings.mjs';
import { scratchDir } from './scratch.js';

test('the environment goes before .env.local, and that before .env', () => {
  const dir = scratchDir();
  writeFileSync(path.join(dir, '.env'), 'PORT=1001\nORDERS_PORT=1002 # orders\nPRODUCTS_PORT="1003"\n');
  writeFileSync(path.join(dir, '.env.local'), 'ORDERS_PORT=2002\nPRODUCTS_PORT=2003\n');
  const { ports } = readSettings({ PRODUCTS_PORT: '3003' }, dir);
  expect([ports.payment.port, ports.orders.port, ports.products.port]).toEqual([1001, 2002, 3003]);
});

test('without a word everything is as the documentation says', () => {
  const dir = scratchDir();
  const { ports, kafka, dataDir } = readSettings({}, dir);
  expect(Object.values(ports).map(({ variable, port }) => `${variable}=${port}`)).toEqual([
    'PORT=5005',
    'ORDERS_PORT=3004',
    'PRODUCTS_PORT=3001',
    'POSTGRES_PORT=5432',
    'TEMPORAL_PORT=7233',
    'TEMPORAL_UI_PORT=8233',
    'KAFKA_PORT=9092',
    'STRIPE_PORT=12111',
  ]);
  expect(kafka).toBe('auto');
  expect(dataDir).toBe(path.join(dir, '.data'));
});

test('an empty value is the same as none', () => {
  expect(readSettings({ PORT: '', DATABASE_URL: '' }, scratchDir())).toMatchObject({
    env: {},
    ports: { payment: { port: 5005 } },
  });
});

test.each([
  ['PORT', 'http'],
  ['KAFKA_PORT', '0'],
  ['STRIPE_PORT', '70000'],
])('%s=%s is refused by one sentence', (variable, value) => {
  expect(() => readSettings({ [variable]: value }, scratchDir())).toThrow(
    `${variable} is "${value}": it must be a port from 1 to 65535.`,
  );
});

test('KAFKA=on is refused by one sentence', () => {
  expect(() => readSettings({ KAFKA: 'on' }, scratchDir())).toThrow('KAFKA is "on": it must be auto or off.');
});
