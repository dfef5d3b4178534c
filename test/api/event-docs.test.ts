import { afterAll, beforeAll, expect, test } from 'vitest';
import { asyncapi } from '../../events/catalogue/asyncapi.js';
import { schemaUri } from '../../events/catalogue/definition.js';
import { facts } from '../../events/catalogue/facts.js';
import { type Topic, topics } from '../../events/catalogue/topics.js';
import { type Api, openApi } from '../support/api.js';

let api: Api;
beforeAll(async () => {
  api = await openApi({ stock: {} });
});
afterAll(() => api.close());

test('a downstream team reads every fact on a page, without a token, a script or anything from elsewhere', async () => {
  const answer = await fetch(`${api.url}/docs/events`);
  const page = await answer.text();
  expect(answer.status).toBe(200);
  expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
  for (const topic of topics) expect(page).toContain(`<section id="${topic}">`);
  expect(page).toContain('items[].price.minor');
  expect(page).not.toMatch(/<script|<link|<img|src=|@import|url\(/);
});

test('what the page links to is there', async () => {
  const page = await (await fetch(`${api.url}/docs/events`)).text();
  const links = [...new Set([...page.matchAll(/href="([^"]+)"/g)].map(([, href = '']) => href))];
  const missing = links.filter((href) => href.startsWith('#') && !page.includes(`id="${href.slice(1)}"`));
  expect(missing).toEqual([]);
  for (const href of links.filter((link) => link.startsWith('/')))
    expect((await fetch(api.url + href)).status, href).toBe(200);
});

test('the AsyncAPI document is there for programs', async () => {
  const { status, body } = await api.bearer(undefined).get('/docs/events/asyncapi.json');
  expect(status).toBe(200);
  expect(body).toEqual(JSON.parse(JSON.stringify(asyncapi())));
});

test.each(topics)('the schema that a record of %s names is served under its path', async (topic: Topic) => {
  const uri = schemaUri(facts[topic]);
  const { status, headers, body } = await api.bearer(undefined).get(new URL(uri).pathname);
  expect(status).toBe(200);
  expect(headers.get('content-type')).toMatch(/^application\/schema\+json/);
  expect(body).toMatchObject({ $id: uri, type: 'object' });
});
