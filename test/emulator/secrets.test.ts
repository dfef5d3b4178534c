import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { mug, openEmulator, openReceiver, type Receiver, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
let receiver: Receiver;
beforeEach(async () => {
  [emulator, receiver] = await Promise.all([openEmulator(), openReceiver()]);
});
afterEach(async () => {
  await emulator.close();
  await receiver.close();
});

const register = async () => {
  const { id, secret = '' } = await emulator.stripe.webhookEndpoints.create({
    url: receiver.url,
    enabled_events: ['payment_intent.created'],
  });
  return { id, secret };
};
const roll = async (id: string, body: object) =>
  String((await emulator.control('POST', `webhook_endpoints/${id}/roll_secret`, body)).secret);
/** the next event, and which of the secrets it passes with */
const passing = async (secrets: Readonly<Record<string, string>>): Promise<string[]> => {
  const before = receiver.heard.length;
  await emulator.stripe.paymentIntents.create(mug);
  await eventually(() => receiver.heard.length === before + 1);
  const { payload, signature } = receiver.heard.at(-1)!;
  const passes = (secret: string): boolean => {
    try {
      return emulator.stripe.webhooks.constructEvent(payload, signature, secret).object === 'event';
    } catch {
      return false;
    }
  };
  return Object.keys(secrets).filter((name) => passes(secrets[name]!));
};

test('a secret that is rolled with a delay signs beside the new one until its time is up', async () => {
  const { id, secret: old } = await register();
  const young = await roll(id, { expiresInSeconds: 3_600 });
  expect(await passing({ old, young })).toEqual(['old', 'young']);
  await emulator.restart();
  await emulator.control('POST', 'clock/advance', { seconds: 3_000 });
  expect(await passing({ old, young })).toEqual(['old', 'young']);
  await emulator.control('POST', 'clock/advance', { seconds: 601 });
  expect(await passing({ old, young })).toEqual(['young']);
});

test('a secret that is rolled at once is worth nothing from then on', async () => {
  const { id, secret: old } = await register();
  const young = await roll(id, {});
  expect(await passing({ old, young })).toEqual(['young']);
});

test('three secrets may sign at a time', async () => {
  const { id, secret: first } = await register();
  const second = await roll(id, { expiresInSeconds: 86_400 });
  const third = await roll(id, { expiresInSeconds: 60 });
  expect(await passing({ first, second, third })).toEqual(['first', 'second', 'third']);
  await emulator.control('POST', 'clock/advance', { seconds: 61 });
  expect(await passing({ first, second, third })).toEqual(['first', 'third']);
});

test('an old secret lives for a day at most, and a secret of nobody cannot be rolled', async () => {
  const { id } = await register();
  await expect(roll(id, { expiresInSeconds: 86_401 })).rejects.toThrow('must be <= 86400');
  await expect(roll('we_none', {})).rejects.toThrow(/404: .*No such webhook endpoint/);
});
