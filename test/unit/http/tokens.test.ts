import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Frame, openFrame } from './frame.js';

const HOUR = 3_600;
const now = Math.floor(Date.now() / 1000);
let open: Frame;
let bounded: Frame;
beforeAll(async () => {
  open = await openFrame();
  bounded = await openFrame({ JWT_MAX_AGE: String(HOUR) });
});
afterAll(async () => {
  await open.close();
  await bounded.close();
});

const ask = async (frame: Frame, sub: unknown, claims: Record<string, unknown> = {}): Promise<number> =>
  (await fetch(`${frame.url}/v1/orders/1`, { headers: { authorization: await frame.bearer(sub, claims) } })).status;

describe('the user of a token is named as an id is', () => {
  test.each([
    ['a number', 5],
    ['an object', { id: 'customer-1' }],
    ['a list', ['customer-1']],
    ['a truth', true],
    ['null', null],
    ['an empty text', ''],
    ['a zero character', 'a\0b'],
    ['a line feed', 'a\nb'],
    ['a control character beyond ASCII', 'a\u0085b'],
    ['half a surrogate pair', 'a\ud800b'],
    ['129 characters', 'x'.repeat(129)],
  ])('%s names nobody: 401', async (_what, sub) => {
    expect(await ask(open, sub)).toBe(401);
  });

  test.each([
    ['128 characters', 'x'.repeat(128)],
    ['letters of any script', 'заказчик-訂單'],
    ['128 characters of two units each', '🙂'.repeat(128)],
  ])('%s name somebody', async (_what, sub) => {
    expect(await ask(open, sub)).toBe(200);
  });
});

describe('the life of a token is bounded', () => {
  test.each([
    ['issued in an hour', { iat: now + HOUR }],
    ['issued at a time that is no number', { iat: 'today' }],
    ['not to be used before an hour has passed', { nbf: now + HOUR }],
    ['without an end', { exp: undefined }],
    ['whose end is no number', { exp: 'never' }],
    ['that has ended', { exp: now - HOUR }],
  ])('a token %s is refused', async (_what, claims) => {
    expect(await ask(open, 'customer-1', claims)).toBe(401);
  });

  test('clocks may differ by a few seconds', async () => {
    expect(await ask(open, 'customer-1', { iat: now + 2 })).toBe(200);
  });

  test('a long life is accepted where JWT_MAX_AGE is not set', async () => {
    expect(await ask(open, 'customer-1', { iat: now, exp: now + 10_000 * HOUR })).toBe(200);
  });

  test.each([
    ['that lives longer than JWT_MAX_AGE', { iat: now, exp: now + 2 * HOUR }],
    ['that does not show when it was issued', { exp: now + HOUR / 2 }],
    ['that was issued longer ago', { iat: now - 2 * HOUR, exp: now + HOUR / 2 }],
  ])('where JWT_MAX_AGE is an hour, a token %s is refused', async (_what, claims) => {
    expect(await ask(bounded, 'customer-1', claims)).toBe(401);
  });

  test('where JWT_MAX_AGE is an hour, a token of an hour is accepted', async () => {
    expect(await ask(bounded, 'customer-1', { iat: now, exp: now + HOUR })).toBe(200);
  });
});
