import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { type Frame, openFrame } from './frame.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

type Mode = 'well' | 'away' | 'silent';
let mode: Mode;
let asked: number;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let published: object[];
const issuer = createServer((_request, response) => {
  asked += 1;
  if (mode === 'silent') return;
  response.writeHead(mode === 'away' ? 500 : 200, { 'content-type': 'application/json' });
  response.end(mode === 'away' ? '{}' : JSON.stringify({ keys: published }));
});
let frame: Frame;

const jwk = async (pair: typeof keys, kid: string) => ({
  ...(await exportJWK(pair.publicKey)),
  kid,
  alg: 'RS256',
  use: 'sig',
});
const tokenOf = (pair: typeof keys, kid: string): Promise<string> =>
  new SignJWT({ sub: 'customer-1', exp: 4_000_000_000 })
    .setProtectedHeader({ alg: 'RS256', kid })
    .sign(pair.privateKey);
const ask = async (token: string): Promise<number> =>
  (await fetch(`${frame.url}/v1/orders/1`, { headers: { authorization: `Bearer ${token}` } })).status;

beforeAll(async () => {
  keys = await generateKeyPair('RS256');
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
});
beforeEach(async () => {
  mode = 'well';
  asked = 0;
  published = [await jwk(keys, 'key-1')];
  vi.useFakeTimers({ toFake: ['Date'] });
  frame = await openFrame({ JWKS_URL: `http://127.0.0.1:${(issuer.address() as AddressInfo).port}/jwks` });
});
afterEach(async () => {
  vi.useRealTimers();
  await frame.close();
});
afterAll(() => {
  issuer.closeAllConnections();
  issuer.close();
});
const later = (ms: number): void => void vi.setSystemTime(Date.now() + ms);

test('known keys outlive their issuer by a day, and no longer', async () => {
  const token = await tokenOf(keys, 'key-1');
  expect(await ask(token)).toBe(200);
  mode = 'away';
  for (const passed of [11 * MINUTE, HOUR, 11 * HOUR, 11 * HOUR]) {
    later(passed);
    expect(await ask(token), `${passed / MINUTE} minutes later`).toBe(200);
  }
  later(2 * HOUR);
  expect(await ask(token)).toBe(503);
});

test('an issuer that does not answer at all holds up no known key', async () => {
  const token = await tokenOf(keys, 'key-1');
  expect(await ask(token)).toBe(200);
  mode = 'silent';
  later(11 * MINUTE);
  const began = performance.now();
  expect(await ask(token)).toBe(200);
  expect(performance.now() - began).toBeLessThan(1_000);
  later(11 * MINUTE);
  expect(await ask(token)).toBe(200);
});

test('a token of an unknown key does not take known keys away while the issuer is away', async () => {
  const stranger = await tokenOf(await generateKeyPair('RS256'), 'key-9');
  const token = await tokenOf(keys, 'key-1');
  expect(await ask(token)).toBe(200);
  mode = 'away';
  later(11 * MINUTE);
  expect([401, 503]).toContain(await ask(stranger));
  expect(await ask(token)).toBe(200);
});

test('a new key is known at once, and the issuer is not asked for every unknown one', async () => {
  const next = await generateKeyPair('RS256');
  expect(await ask(await tokenOf(keys, 'key-1'))).toBe(200);
  published = [await jwk(keys, 'key-1'), await jwk(next, 'key-2')];
  later(MINUTE);
  expect(await ask(await tokenOf(next, 'key-2'))).toBe(200);
  const before = asked;
  const stranger = await tokenOf(await generateKeyPair('RS256'), 'key-9');
  for (let i = 0; i < 20; i += 1) expect(await ask(stranger)).toBe(401);
  expect(asked - before).toBeLessThanOrEqual(2);
});

test('a key that the issuer has withdrawn is good for minutes and not for a day', async () => {
  const token = await tokenOf(keys, 'key-1');
  expect(await ask(token)).toBe(200);
  published = [await jwk(await generateKeyPair('RS256'), 'key-2')];
  later(11 * MINUTE);
  await ask(token);
  await vi.waitFor(async () => expect(await ask(token)).toBe(401), { timeout: 2_000, interval: 20 });
});

test('an issuer that is back is asked again', async () => {
  const token = await tokenOf(keys, 'key-1');
  expect(await ask(token)).toBe(200);
  mode = 'away';
  later(11 * MINUTE);
  expect(await ask(token)).toBe(200);
  mode = 'well';
  later(23 * HOUR);
  expect(await ask(token)).toBe(200);
  later(2 * HOUR);
  expect(await ask(token)).toBe(200);
});
