import type { Database } from '../../domain/database.js';
import { oldestWaitingSeconds } from '../../domain/webhooks/backlog.js';

/** Webhook events that wait longer are stuck: Temporal, a worker or Stripe is away. */
const STUCK_AFTER_SECONDS = 60;

/** For how long the oldest webhook event has waited to come into effect. Rejects when that is too long. */
export async function inboxProbe(db: Database): Promise<string> {
  const age = await oldestWaitingSeconds(db);
  const said = `the oldest webhook event has waited for ${Math.round(age)} s`;
  if (age > STUCK_AFTER_SECONDS) throw new Error(said);
  return said;
}
