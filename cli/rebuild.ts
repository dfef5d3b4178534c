import { parseArgs } from 'node:util';
import { ordersModel } from '../downstream/orders/model.js';
import { productsModel } from '../downstream/products/model.js';
import { RebuildRefused, rebuild } from '../downstream/rebuild/rebuild.js';
import { createLogger } from '../platform/log.js';
import { configOrExit } from '../platform/process.js';

/**
 * `npm run rebuild -- orders|products`: the service's read model, anew from the first fact, while the service goes on. Exit
 * code 0 when it was as the facts say, 1 when rows differed and have been put right, 2 when nothing was changed.
 */
const models = { orders: ordersModel, products: productsModel };
const [name = ''] = parseArgs({ allowPositionals: true }).positionals;
if (name !== 'orders' && name !== 'products') {
  process.stderr.write('Say which read model: npm run rebuild -- orders, or npm run rebuild -- products.\n');
  process.exit(78);
}
const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
try {
  // What handlers log was said when it happened.
  const log = createLogger('rebuild', 'silent');
  const { refused, heldMs, differences } = await rebuild({ config: configOrExit(), model: models[name], log, say });
  if (refused > 0) say(`${refused} records are no facts or were refused by their handler, as the dead letters tell.`);
  for (const { table, rows } of differences) say(`${rows} rows of ${table} were not what the facts say.`);
  const found = differences.length === 0 ? 'it differed in nothing' : 'what differed has been put right';
  say(`The read model of ${name} is rebuilt: ${found}. The service waited for ${heldMs} ms.`);
  process.exitCode = differences.length === 0 ? 0 : 1;
} catch (error) {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(error instanceof RebuildRefused ? `${why}\n` : `The rebuild could not be finished: ${why}\n`);
  process.exitCode = 2;
}
