import { parseArgs } from 'node:util';
import { openDatabase } from '../domain/database.js';
import { reconcile } from '../operations/reconciliation/reconcile.js';
import { configOrExit } from '../platform/process.js';
import { connectStripe } from '../stripe/connect.js';

/**
 * `npm run reconcile -- --hours 26`: the reconciliation, now and by hand. What it repairs goes through the inbox like any
 * event; what it cannot it prints. Exit code 0 when nothing is left for a person, 1 when something is, 2 when it could
 * not look.
 */
const { hours } = parseArgs({ options: { hours: { type: 'string', default: '26' } } }).values;
if (!/^[1-9]\d{0,3}$/.test(hours)) {
  process.stderr.write(`--hours is "${hours}": it must be a whole number from 1 to 9999.\n`);
  process.exit(78);
}
const config = configOrExit();
const db = openDatabase({ url: config.DATABASE_URL, poolSize: 1, application: 'holdfast-reconcile', isPatient: true });
try {
  const to = new Date();
  const from = new Date(to.getTime() - Number(hours) * 3_600_000);
  const found = await reconcile(db, connectStripe(config).records, { from, to, run: to.toISOString() });
  for (const line of [...found.repaired, ...found.unresolved]) process.stdout.write(`${line}\n`);
  const { intents, charges, refunds, disputes, undelivered, repaired, unresolved } = found;
  process.stdout.write(
    `${intents} payments, ${charges} charges, ${refunds} refunds, ${disputes} disputes and ${undelivered} undelivered events of ${hours} hours: ${repaired.length} repaired, ${unresolved.length} for a person.\n`,
  );
  process.exitCode = unresolved.length === 0 ? 0 : 1;
} catch (error) {
  process.stderr.write(
    `The reconciliation could not be finished: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 2;
} finally {
  await db.$disconnect();
}
