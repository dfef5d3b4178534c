import type { CauseName } from '../../operations/attention/causes.js';
import { loadConfig } from '../../platform/config.js';
import { createMetrics } from '../../platform/metrics.js';
import { createCheckoutClient } from '../../temporal/checkout-client.js';
import { attentionMetrics } from '../../workers/loops/attention-metrics.js';
import { type Api, openApi } from '../support/api.js';
import { eventually } from '../support/eventually.js';
import type { Answer } from '../support/http.js';
import { openTill, type Till } from '../support/till.js';

export interface Listed {
  readonly id: string;
  readonly cause: string;
  readonly urgency: string;
  readonly orderId: string | null;
  readonly since: string;
  readonly money: { readonly minor: number; readonly currency: string } | null;
  readonly what: string;
  readonly todo: string;
  readonly routes: readonly string[];
  readonly links: readonly string[];
}

/** What an operator does in a drill: look at the list, do what an entry says, look again. */
export interface Drill {
  readonly api: Api;
  readonly till: Till;
  listed(cause: CauseName): Promise<readonly Listed[]>;
  /** waits until exactly one stands there, with the metric agreeing */
  appears(cause: CauseName): Promise<Listed>;
  /** waits until none stands there any more, with the metric agreeing */
  goes(cause: CauseName): Promise<unknown>;
  /** sends the request that the entry itself names */
  does(entry: Listed, verb: string, body?: unknown): Promise<Answer>;
  close(): Promise<void>;
}

export async function openDrill(env: Record<string, string> = {}): Promise<Drill> {
  const api = await openApi({ stock: { mug: 1000 }, env: { UNDO_PATIENCE_SECONDS: '1', ...env } });
  const till = await openTill(api);
  const metrics = createMetrics('relay');
  const config = loadConfig({
    DATABASE_URL: api.databaseUrl,
    STRIPE_SECRET_KEY: 'sk_test_shop',
    STRIPE_WEBHOOK_SECRET: 'whsec_drill',
    JWT_SECRET: 'a key of the tests, at least 32 characters',
  });
  attentionMetrics(metrics, { db: api.db, checkouts: createCheckoutClient(api.temporal.client, config) });
  const listed: Drill['listed'] = async (cause) =>
    (await till.operator.get(`/v1/ops/attention?cause=${cause}`)).body.data as unknown as readonly Listed[];
  const counted = async (cause: CauseName): Promise<number> => {
    const { values } = (await metrics.registry.getSingleMetric('attention')?.get()) ?? { values: [] };
    return values.find(({ labels }) => labels.cause === cause)?.value ?? Number.NaN;
  };
  return {
    api,
    till,
    listed,
    appears: async (cause) => {
      const [entry] = await eventually(
        async () => {
          await api.dispatch();
          return (await counted(cause)) === 1 && listed(cause);
        },
        (seen) => Array.isArray(seen) && seen.length === 1,
      ).then((seen) => seen || []);
      if (!entry) throw new Error(`Nothing is listed under ${cause}`);
      return entry;
    },
    goes: (cause) =>
      eventually(async () => {
        await api.dispatch();
        return (await counted(cause)) === 0 && (await listed(cause)).length === 0;
      }),
    does: (entry, verb, body) => {
      const route = entry.routes.find((each) => each.startsWith('POST ') && each.endsWith(`/${verb}`));
      if (!route) throw new Error(`${entry.id} does not say how to ${verb}: ${entry.routes.join(', ')}`);
      return till.operator.post(route.slice('POST '.length), body);
    },
    close: () => api.close(),
  };
}
