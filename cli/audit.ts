import { openDatabase } from '../domain/database.js';
import { auditProvider, auditRows, type Difference } from '../operations/audit.js';
import { configOrExit } from '../platform/process.js';
import { connectStripe } from '../stripe/connect.js';
import { connectTemporal, createCheckoutClient } from '../temporal/checkout-client.js';

/**
 * `npm run audit`: holds rows against rows, payments against Stripe and open orders against their workflows, and prints
 * every difference with its order. Reads only. Exit code 0 when there is none, 1 when there is, 2 when it could not look.
 */
const config = configOrExit();
const db = openDatabase({ url: config.DATABASE_URL, poolSize: 2, application: 'holdfast-audit', isPatient: true });
const temporal = connectTemporal(config);
const checkouts = createCheckoutClient(temporal.client, config);
const { provider } = connectStripe(config);

/** An order that was just opened or ended may be a moment ahead of its workflow. */
const GRACE_SECONDS = 60;

async function auditSagas(): Promise<{ readonly open: number; readonly differences: Difference[] }> {
  const open = await db.$queryRaw<{ id: string; status: string }[]>`
    SELECT id, status::text FROM orders
     WHERE status IN ('PENDING', 'PROCESSING') AND updated_at < now() - ${GRACE_SECONDS}::int * interval '1 second' ORDER BY id`;
  const differences: Difference[] = [];
  for (const { id, status } of open) {
    const workflow = await checkouts.statusOf(id);
    if (workflow === 'RUNNING') continue;
    const detail = `the order is ${status} and its workflow ${workflow ?? 'is not known to Temporal'}`;
    differences.push({ check: 'no saga has ended with an obligation open', orderId: id, detail });
  }
  return { open: open.length, differences };
}

try {
  const rows = await auditRows(db);
  const { payments, differences } = await auditProvider(db, provider);
  const sagas = await auditSagas();
  const all = [...rows, ...differences, ...sagas.differences];
  for (const { check, orderId, detail } of all)
    process.stdout.write(`${orderId ? `order ${orderId}: ` : ''}${detail}. Expected: ${check}.\n`);
  const looked = `books, stock and facts, ${payments} payments at Stripe and ${sagas.open} open sagas`;
  process.stdout.write(`${all.length === 0 ? 'No difference' : `${all.length} differences`} in ${looked}.\n`);
  process.exitCode = all.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(`The audit could not be finished: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
} finally {
  await db.$disconnect();
  await temporal.close();
}
