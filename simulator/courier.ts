/** Carries what the emulator tells to the webhook route: once, twice, late, out of order or never. */
import type { EventRecord } from '../stripe-emulator/webhooks/records.js';
import type { Luck } from './luck.js';
import { type Parts, sagaOf } from './parts.js';

/** Told of every payment, and set aside by the inbox whatever happens: they would only cost time. */
const unremarkable = ['payment_intent.created', 'charge.succeeded', 'charge.failed', 'charge.captured'];

export interface Route {
  readonly hear: (event: EventRecord, form: 'snapshot' | 'thin') => Promise<void>;
  /** called with each event, whether it arrives or not */
  readonly told: (saga: number, event: EventRecord) => void;
}

/** `collect` takes what was told since the last call. */
export function createCourier({ emulator, scheduler }: Parts, luck: Luck, { hear, told }: Route): { collect(): void } {
  let seen = 0;
  const deliver = (saga: number, event: EventRecord, how: 'in time' | 'late' | 'again'): void =>
    scheduler.spawn(saga, '', async () => {
      if (how !== 'in time')
        for (let left = luck.chanceOf(saga).below(200); left > 0; left--) await scheduler.pause('');
      const form = luck.chanceOf(saga).happens(0.2) ? 'thin' : 'snapshot';
      await scheduler.pause(`webhook ${event.type}, ${form}, arrives ${how}`);
      await hear(event, form);
    });
  return {
    collect: () => {
      const events = emulator.store.all('events');
      for (const event of events.slice(seen)) {
        const saga = sagaOfEvent(emulator, event);
        if (saga === undefined) continue;
        told(saga, event);
        if (unremarkable.includes(event.type) || luck.strikes(saga)) continue;
        const chance = luck.chanceOf(saga);
        deliver(saga, event, chance.happens(0.3) ? 'late' : 'in time');
        if (chance.happens(0.2)) deliver(saga, event, 'again');
      }
      seen = events.length;
    },
  };
}

function sagaOfEvent({ store }: Parts['emulator'], { object }: EventRecord): number | undefined {
  const intentId = String(object.object === 'payment_intent' ? object.id : object.payment_intent);
  const orderId = store.get('intents', intentId)?.metadata.orderId;
  return orderId === undefined ? undefined : sagaOf(orderId);
}
