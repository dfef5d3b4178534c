import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Api, openApi } from '../support/api.js';
let api: Api;
beforeAll(async () => {
  api = await openApi({ stock: { mug: 10 } });
});
afterAll(() => api.close());
test('dump', async () => {
  const { body } = await api.bearer(undefined).get('/docs/json');
  writeFileSync('/tmp/payment.json', JSON.stringify(body, null, 1));
  expect(body.openapi).toBe('3.1.0');
});
