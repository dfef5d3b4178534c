import type { Emulator } from './emulator.js';
import { invalidRequest } from './errors.js';
import type { ChargeRecord } from './payment-intents/record.js';
import { latestCharge } from './payment-intents/view.js';

/** Answers a control once what it did is on disk and on its way to the endpoints. */
export async function told<T>({ store, deliveries }: Emulator, view: T): Promise<T> {
  await store.commit();
  deliveries.wake();
  return view;
}

/** The charge that a control is about. @throws StripeError for an intent that was never charged */
export function chargeIn({ store, intents }: Emulator, intentId: string): ChargeRecord {
  const charge = latestCharge(store, intents.get(intentId));
  if (!charge) throw invalidRequest(`${intentId} has no charge.`);
  return charge;
}
