import { causes } from '../../operations/attention/causes.js';
import { listAttention } from '../../operations/attention/diagnosed.js';
import type { Found } from '../../operations/attention/list.js';
import { settleDrift } from '../../operations/reconciliation/drift.js';
import { operatorOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, pageOf } from '../../platform/http/paging.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { AttentionList, AttentionQuery, DriftBody, DriftParams } from '../schemas/attention.js';

const about = operationsOf('operations');

/** For operators: everything that does not move without a person, and what each may do about it. */
export function opsAttentionRoutes(app: App, { db, checkouts }: ApiContext): void {
  app.get(
    '/v1/ops/attention',
    {
      schema: {
        ...about(
          'listAttention',
          'List what waits for a person, oldest first',
          'Each entry says what has happened, what to do about it, and with which requests.',
        ),
        querystring: AttentionQuery,
        response: { 200: AttentionList, ...refuses(403) },
      },
    },
    async (request) => {
      operatorOf(request);
      const { cursor, ...filter } = request.query;
      const [since = '', id = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['time', 'id']);
      const found = await listAttention(
        { db, checkouts },
        { ...filter, ...(cursor === undefined ? {} : { after: { since, id } }) },
      );
      return pageOf(found.map(entryOf), filter.limit, (last) => [last.since, last.id]);
    },
  );

  app.post(
    '/v1/ops/drift/:id/resolve',
    {
      schema: {
        ...about(
          'resolveDrift',
          'Say that what reconciliation found is settled at Stripe',
          'It leaves the list of what waits for a person; who settled it and where is written down.',
        ),
        params: DriftParams,
        body: DriftBody,
        response: { 204: { description: 'It is written down', type: 'null' }, ...refuses(403, 404) },
      },
    },
    async (request, reply) => {
      const { id: actor } = operatorOf(request);
      const { reason, reference } = request.body;
      await settleDrift(db, { id: request.params.id, actor, reason: `${reason} (${reference})` });
      return reply.code(204).send(null);
    },
  );
}

function entryOf(finding: Found) {
  const { id, cause, orderId, since, money } = finding;
  const { urgency, what, todo, routes, links } = causes[cause];
  return {
    id,
    cause,
    urgency: urgency(finding),
    orderId,
    since: since.toISOString(),
    money,
    what: what(finding),
    todo,
    routes: [...routes(finding)],
    links: [...links(finding)],
  };
}
