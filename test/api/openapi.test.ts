import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { orderRoutes } from '../../downstream/orders/routes.js';
import { shipmentRoutes } from '../../downstream/orders/shipments.js';
import { productRoutes } from '../../downstream/products/routes.js';
import { seed } from '../../prisma/seed.js';
import { type OpenService, openService } from '../downstream/open-service.js';
import { type Api, CHECKOUT, openApi } from '../support/api.js';
import type { Caller } from '../support/http.js';
import { type Document, having, operationsOf } from '../support/openapi.js';
import { scratchPlace } from '../support/scratch-place.js';

let api: Api;
let orders: OpenService;
let products: OpenService;
beforeAll(async () => {
  api = await openApi({ stock: {} });
  await seed(api.db, [['prod_12345', 'Premium Plan', 9_999, 'usd', 10]]);
  orders = await openService('orders', api.databaseUrl, (app, db) => {
    orderRoutes(app, db);
    shipmentRoutes(app, db);
  });
  products = await openService('products', api.databaseUrl, (app, db) => {
    productRoutes(app, db);
  });
});
afterAll(() => Promise.all([api.close(), orders.close(), products.close()]));

const documentOf = async (caller: Caller): Promise<Document> => {
  const { status, body } = await caller.get('/docs/json');
  expect(status).toBe(200);
  return body as unknown as Document;
};
const services = {
  payment: () => documentOf(api.bearer(undefined)),
  orders: () => orders.as('somebody').then(documentOf),
  products: () => products.as('somebody').then(documentOf),
};

describe.each(Object.entries(services))('the document of the %s service', (_name, read) => {
  test('names, describes and groups every operation', async () => {
    const document = await read();
    expect(document).toMatchObject({ openapi: '3.1.0', info: { license: { name: 'MIT' } } });
    expect(document.servers).toHaveLength(1);
    const groups = document.tags.filter(({ description }) => description).map(({ name }) => name);
    const all = operationsOf(document);
    expect(all.length).toBeGreaterThan(3);
    expect(new Set(all.map(({ operation }) => operation.operationId)).size).toBe(all.length);
    for (const { path, method, operation } of all) {
      expect(operation, `${method} ${path}`).toMatchObject({
        operationId: expect.stringMatching(/^[a-z][A-Za-z]+$/),
        summary: expect.any(String),
        description: expect.any(String),
      });
      expect(groups, `${method} ${path}`).toContain(operation.tags?.[0]);
    }
  });

  test('states the refusals of every operation, with their headers', async () => {
    const document = await read();
    for (const { path, method, operation } of operationsOf(document)) {
      const isOpen = operation.security?.length === 0;
      const wanted = [400, 415, 429, 503, ...(isOpen ? [] : [401]), ...(operation.requestBody ? [413] : [])];
      expect(Object.keys(operation.responses).map(Number), `${method} ${path}`).toEqual(expect.arrayContaining(wanted));
      expect(JSON.stringify(operation.responses), `${method} ${path}`).not.toContain('Default Response');
    }
    for (const status of [429, 503])
      expect(document.components.responses[`Refused${status}`]?.headers).toHaveProperty('Retry-After');
  });

  test('gives an example of every path and body', async () => {
    for (const { path, method, operation } of operationsOf(await read())) {
      for (const parameter of (operation.parameters ?? []).filter(({ required }) => required))
        expect(parameter.example, `${method} ${path} ${parameter.name}`).toBeDefined();
      for (const { example } of Object.values(operation.requestBody?.content ?? {}))
        expect(example, `${method} ${path}`).toBeDefined();
    }
  });

  test('names every object, lets a limit be left out, and has patterns that every language compiles', async () => {
    const document = await read();
    const nameless = having('properties', document)
      .map(({ place }) => place)
      .filter((place) => !/^\/components\/schemas\/\w+(\/properties)?$/.test(place));
    expect(nameless).toEqual([]);
    for (const { operation } of operationsOf(document))
      for (const { required } of (operation.parameters ?? []).filter(({ name }) => name === 'limit'))
        expect(required).toBe(false);
    for (const { place, found } of having('pattern', document)) {
      expect(found.pattern, place).not.toMatch(/\\p/);
      expect(() => new RegExp(String(found.pattern), 'u'), place).not.toThrow();
    }
  });
});

test('the example of a checkout opens one, and the examples of its order are about it', async () => {
  const document = await services.payment();
  const example = Object.values(document.paths[CHECKOUT]?.post?.requestBody?.content ?? {})[0]?.example as {
    readonly userId: string;
    readonly orderId: string;
  };
  const customer = await api.as(example.userId);
  expect((await customer.post(CHECKOUT, example)).status).toBe(200);
  const operator = await api.as('operator-1', 'operator');
  const reads = operationsOf(document).filter(
    ({ path, method }) => method === 'get' && !/stream|webhooks\/|dead-letters\//.test(path),
  );
  for (const { path, operation } of reads) {
    const id = operation.parameters?.find((parameter) => parameter.in === 'path')?.example;
    expect((await operator.get(path.replace('{id}', String(id)))).status, path).toBe(200);
  }
  const { body } = await customer.post(`/v1/orders/${example.orderId}/cancel`, {});
  expect(body.status).toBe('CANCELLED');
});

test('the webhook is documented with its body and its signature, and without a token', async () => {
  const { paths } = await services.payment();
  expect(paths['/v1/payment/webhook']?.post).toMatchObject({
    security: [],
    parameters: [{ in: 'header', name: 'stripe-signature', required: true }],
    requestBody: { content: { 'application/json': { schema: { $ref: '#/components/schemas/StripeEvent' } } } },
  });
});

test('a stream is documented as an event stream', async () => {
  const { paths } = await services.payment();
  expect(paths['/v1/orders/{id}/stream']?.get?.responses['200']).toHaveProperty(['content', 'text/event-stream']);
});

test('the linter of OpenAPI finds no error in the documents', async () => {
  const dir = await mkdtemp(path.join(scratchPlace(), 'holdfast-openapi-'));
  const files = await Promise.all(
    Object.entries(services).map(async ([name, read]) => {
      const file = path.join(dir, `${name}.json`);
      await writeFile(file, JSON.stringify(await read()));
      return file;
    }),
  );
  const linter = path.resolve('node_modules/@redocly/cli/bin/cli.js');
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const lint = promisify(execFile)(process.execPath, [linter, 'lint', '--extends', 'recommended', ...files], { env });
  await expect(lint).resolves.toBeDefined();
});
