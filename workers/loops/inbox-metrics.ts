import type { Database } from '../../domain/database.js';
import { oldestWaitingSeconds, unfinishedRows } from '../../domain/webhooks/backlog.js';
import type { Metrics } from '../../platform/metrics.js';

/** What the webhook inbox says of itself when it is asked. */
export function inboxMetrics(metrics: Metrics, db: Database): void {
  metrics.gauge('inbox_oldest_seconds', 'Age of the oldest webhook event that should be in effect', () =>
    oldestWaitingSeconds(db),
  );
  metrics.gauges(
    'inbox_rows',
    'Webhook events that wait or stand in front of a person, by state',
    ['state'],
    async () => Object.entries(await unfinishedRows(db)).map(([state, value]) => ({ labels: { state }, value })),
  );
}
