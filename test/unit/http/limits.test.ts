import { expect, test } from 'vitest';
import { openFrame } from './frame.js';

const json = { 'content-type': 'application/json' };
const valid = (authorization: string) => ({ ...json, authorization });

type Send = (url: string, authorization: string) => Promise<Response>;
const post = (url: string, headers: Record<string, string>, body = '{}') =>
  fetch(url, { method: 'POST', headers, body });

test.each<[string, Send]>([
  ['a request without a token', (url) => fetch(`${url}/v1/orders/1`)],
  ['a bad token', (url) => fetch(`${url}/v1/orders/1`, { headers: { authorization: 'Bearer x.y.z' } })],
  ['a request as it should be', (url, by) => fetch(`${url}/v1/orders/1`, { headers: { authorization: by } })],
  ['a bad body', (url, by) => post(`${url}/v1/things`, valid(by), '{"name":5}')],
  ['a body that is not JSON', (url, by) => post(`${url}/v1/things`, valid(by), '{')],
  ['a body that is too large', (url, by) => post(`${url}/v1/things`, valid(by), `{"name":"${'x'.repeat(1_100_000)}"}`)],
  ['another media type', (url, by) => post(`${url}/v1/things`, { ...valid(by), 'content-type': 'text/csv' })],
  ['an encoding that is not known', (url, by) => post(`${url}/v1/things`, { ...valid(by), 'content-encoding': 'br' })],
  ['an address that is not there', (url) => fetch(`${url}/nowhere`)],
  [
    'an address that is not there, with a token',
    (url, by) => fetch(`${url}/nowhere`, { headers: { authorization: by } }),
  ],
  ['an address that is malformed', (url) => fetch(`${url}/v1/orders/%zz`)],
  [
    'an id that is too long',
    (url, by) => fetch(`${url}/v1/orders/${'x'.repeat(200)}`, { headers: { authorization: by } }),
  ],
  [
    'an id that no route takes',
    (url, by) => fetch(`${url}/v1/orders/${'x'.repeat(9_000)}`, { headers: { authorization: by } }),
  ],
  ['a bad body for a route without tokens', (url) => post(`${url}/v1/open`, json, '{')],
  ['HEAD', (url, by) => fetch(`${url}/v1/orders/1`, { method: 'HEAD', headers: { authorization: by } })],
])('of six in a minute, the sixth is 429: %s', async (_what, send) => {
  const frame = await openFrame({ RATE_LIMIT_MAX: '5' });
  try {
    const authorization = await frame.bearer('customer-1');
    const answers: Response[] = [];
    for (let i = 0; i < 6; i += 1) {
      const answer = await send(frame.url, authorization);
      await answer.arrayBuffer();
      answers.push(answer);
    }
    const statuses = answers.map(({ status }) => status);
    expect(statuses.slice(0, 5)).not.toContain(429);
    expect(statuses[5], statuses.join()).toBe(429);
    expect(Number(answers[5]?.headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await frame.close();
  }
});

test('a forwarded address that nobody vouches for gives no new limit', async () => {
  const frame = await openFrame({ RATE_LIMIT_MAX: '5' });
  try {
    const statuses: number[] = [];
    for (let i = 0; i < 6; i += 1)
      statuses.push(
        (await fetch(`${frame.url}/v1/orders/1`, { headers: { 'x-forwarded-for': `203.0.113.${i}` } })).status,
      );
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  } finally {
    await frame.close();
  }
});

test('health is never limited', async () => {
  const frame = await openFrame({ RATE_LIMIT_MAX: '5' });
  try {
    for (let i = 0; i < 10; i += 1) expect((await fetch(`${frame.url}/health/ready`)).status).toBe(200);
  } finally {
    await frame.close();
  }
});

test('behind a trusted proxy the addresses of one IPv6 network are one caller, and other callers have their own limit', async () => {
  const frame = await openFrame({ RATE_LIMIT_MAX: '5', TRUST_PROXY: '1' });
  const from = async (address: string): Promise<number> =>
    (await fetch(`${frame.url}/v1/orders/1`, { headers: { 'x-forwarded-for': address } })).status;
  try {
    const statuses: number[] = [];
    for (let i = 1; i <= 6; i += 1) statuses.push(await from(`2001:db8:1:2::${i}`));
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    expect(await from('2001:db8:1:3::1')).toBe(401);
    expect(await from('203.0.113.1')).toBe(401);
    expect(await from('no address at all')).toBe(401);
  } finally {
    await frame.close();
  }
});

test('5,500 other users do not make the limit forget who is over it', async () => {
  const frame = await openFrame({ RATE_LIMIT_MAX: '5' });
  try {
    const over = await frame.bearer('over');
    for (let i = 0; i < 6; i += 1) await frame.ask('/v1/orders/1', over);
    for (let i = 0; i < 5_500; i += 1) await frame.ask('/v1/orders/1', await frame.bearer(`other-${i}`));
    expect(await frame.ask('/v1/orders/1', over)).toBe(429);
    expect(await frame.ask('/v1/orders/1', await frame.bearer('new'))).toBe(200);
  } finally {
    await frame.close();
  }
});
