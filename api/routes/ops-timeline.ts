import { Refusal } from '../../domain/refusal.js';
import { timelineOf } from '../../operations/timeline/entries.js';
import { expectedOf } from '../../operations/timeline/expected.js';
import { inCausalOrder } from '../../operations/timeline/order.js';
import { readTimeline } from '../../operations/timeline/rows.js';
import { operatorOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { OrderParams } from '../schemas/common.js';
import { TimelineAnswer } from '../schemas/timeline.js';

/** For operators: an order explains itself, from its request to what comes next. */
export function opsTimelineRoutes(app: App, { db, checkouts, afterSales }: ApiContext): void {
  app.get(
    '/v1/ops/orders/:id/timeline',
    {
      schema: {
        ...operationsOf('operations')(
          'getOperatorTimeline',
          'What happened to an order, why, and what comes next',
          'Rows and the histories of its workflows in one list, in causal order.',
        ),
        params: OrderParams,
        response: { 200: TimelineAnswer, ...refuses(403, 404) },
      },
    },
    async (request) => {
      operatorOf(request);
      const { id } = request.params;
      const rows = await readTimeline(db, id);
      if (!rows) throw new Refusal('OrderNotFound', `There is no order ${id}.`);
      const { entries, caused } = timelineOf(rows);
      // Only its own steps show that there was an after-sale workflow: most orders have none.
      const sale = caused.find(({ step }) => step.name.startsWith('refund') || step.name === 'dispute moved');
      const told = await Promise.all([
        checkouts.history(id, rows.order.requested_at ?? rows.order.created_at),
        afterSales.history(id, sale ? { since: sale.step.at, causedBy: sale.step.id } : null),
      ]);
      const all = inCausalOrder([...entries, ...told.flatMap((workflow) => workflow.entries)]);
      const ids = new Set(all.map((entry) => entry.id));
      const next = [...expectedOf(rows), ...told.flatMap((workflow) => workflow.next)];
      return {
        data: all.map((entry) => ({
          ...entry,
          at: entry.at.toISOString(),
          // A history may name an event whose row names no order.
          causedBy: entry.causedBy !== null && ids.has(entry.causedBy) ? entry.causedBy : null,
          refs: { ...entry.refs },
          changes: [...entry.changes],
        })),
        next: next.map(({ what, at }) => ({ what, at: at?.toISOString() ?? null })),
        nextCursor: null,
      };
    },
  );
}
