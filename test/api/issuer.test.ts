import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Api, openApi } from '../support/api.js';

/** A real issuer's keys at an address, as JWKS_URL names it. */
const keys = await generateKeyPair('RS256');
const jwks = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'key-1', alg: 'RS256', use: 'sig' }] };
let isAway = true;
const issuer = createServer((_request, response) => {
  response.writeHead(isAway ? 500 : 200, { 'content-type': 'application/json' });
  response.end(isAway ? '{}' : JSON.stringify(jwks));
});

let api: Api;
beforeAll(async () => {
  await new Promise<void>((resolve) => {
    issuer.listen(0, '127.0.0.1', resolve);
  });
  const { port } = issuer.address() as AddressInfo;
  api = await openApi({
    stock: { mug: 10 },
    env: { JWKS_URL: `http://127.0.0.1:${port}/jwks`, JWT_ISSUER: 'https://issuer.example', JWT_AUDIENCE: 'checkout' },
  });
});
afterAll(async () => {
  await api.close();
  issuer.close();
});

const claims = { sub: 'customer-1', iss: 'https://issuer.example', aud: 'checkout', exp: 4_000_000_000 };
const signed = (change: Record<string, unknown> = {}, key = keys.privateKey): Promise<string> =>
  new SignJWT({ ...claims, ...change }).setProtectedHeader({ alg: 'RS256', kid: 'key-1' }).sign(key);
const ask = async (token: string) => (await api.bearer(`Bearer ${token}`).get('/v1/products')).status;

test('while the issuer is away tokens cannot be checked, which is nobody’s fault: 503', async () => {
  expect(await ask(await signed())).toBe(503);
  isAway = false;
});

test('a token of the issuer is good', async () => {
  expect(await ask(await signed())).toBe(200);
});

test('its keys outlive an issuer that goes away, by hours', async () => {
  isAway = true;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 12 * 3_600_000 });
  const statuses = [await ask(await signed()), await ask(await signed())];
  vi.useRealTimers();
  isAway = false;
  expect(statuses).toEqual([200, 200]);
});

test('a token of another key, issuer or audience is not, nor one signed with the development key', async () => {
  const { privateKey } = await generateKeyPair('RS256');
  expect(await ask(await signed({}, privateKey))).toBe(401);
  expect(await ask(await signed({ iss: 'https://elsewhere.example' }))).toBe(401);
  expect(await ask(await signed({ aud: 'newsletter' }))).toBe(401);
  expect(await ask(await api.token(claims))).toBe(401);
});
