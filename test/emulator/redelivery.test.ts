import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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

const register = () =>
  emulator.stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['payment_intent.created'] });
const advance = (seconds: number) => emulator.control('POST', 'clock/advance', { seconds });
const delivered = () => eventually(async () => (await emulator.deliveries()).every((d) => d.state === 'delivered'));

test('the pauses between tries grow from a second to hours, until three days are over', async () => {
  await register();
  receiver.answerNext(...Array.from({ length: 40 }, () => 500));
  await emulator.stripe.paymentIntents.create(mug);
  const pauses: number[] = [];
  for (let tries = 1; ; tries++) {
    const seen = await eventually(async () => {
      const [delivery] = await emulator.deliveries();
      return delivery?.attempts.length === tries && delivery;
    });
    if (!seen || seen.nextAt === null) break;
    pauses.push(seen.nextAt - seen.attempts.at(-1)!.at);
    await advance(pauses.at(-1)!);
  }
  expect(pauses.slice(0, 10)).toEqual([1, 2, 5, 15, 60, 300, 1_800, 7_200, 18_000, 36_000]);
  expect(new Set(pauses.slice(10))).toEqual(new Set([36_000]));
  const [{ state, attempts } = { state: '', attempts: [] }] = await emulator.deliveries();
  expect(state).toBe('failed');
  expect(attempts.at(-1)!.at - attempts[0]!.at).toBeGreaterThan(3 * 86_400);
});

describe('an event that is sent again by hand', () => {
  test('comes under the same id, to every endpoint that listens to it', async () => {
    await register();
    await emulator.stripe.paymentIntents.create(mug);
    await delivered();
    const { id } = receiver.heard[0]!.event;
    await emulator.control('POST', `events/${id}/resend`, {});
    await eventually(() => receiver.heard.length === 2);
    expect(receiver.heard[1]?.event.id).toBe(id);
  });

  test('can be sent to one endpoint alone, even one that is younger than the event', async () => {
    await emulator.stripe.paymentIntents.create(mug);
    const [event] = (await emulator.stripe.events.list()).data;
    await register();
    const other = await register();
    await emulator.control('POST', `events/${event?.id}/resend`, { webhook_endpoint: other.id });
    await delivered();
    expect((await emulator.deliveries()).map(({ endpoint }) => endpoint)).toEqual([other.id]);
    expect(receiver.heard.map((heard) => heard.event.id)).toEqual([event?.id]);
  });

  test('must be an event', async () => {
    await expect(emulator.control('POST', 'events/evt_none/resend', {})).rejects.toThrow(/404: .*No such event/);
  });
});

test('an event can be read for thirty days, and is gone after that in both forms', async () => {
  const { id } = await emulator.stripe.paymentIntents.create(mug);
  await advance(30 * 86_400 - 60);
  const [thin] = (await emulator.stripe.v2.core.events.list()).data;
  expect((await emulator.stripe.events.list()).data).toMatchObject([{ id: thin?.snapshot_event }]);
  await advance(120);
  expect((await emulator.stripe.events.list()).data).toEqual([]);
  await expect(emulator.stripe.events.retrieve(thin?.snapshot_event ?? '')).rejects.toMatchObject({ statusCode: 404 });
  await expect(emulator.stripe.v2.core.events.retrieve(thin?.id ?? '')).rejects.toMatchObject({ statusCode: 404 });
  expect((await emulator.stripe.paymentIntents.retrieve(id)).id).toBe(id);
});
