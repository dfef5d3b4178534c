import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { EXIT_CONFIG } from '../platform/config.js';
import { configOrExit } from '../platform/process.js';
import { readBuild } from '../temporal/deployments/build.js';
import { DeployRefused, deploy } from '../temporal/deployments/make-current.js';
import { rollBack } from '../temporal/deployments/roll-back.js';
import { statusLines } from '../temporal/deployments/status.js';

/**
 * `npm run deploy -- …`: which build of the checkout worker gets new checkouts. Exit code 0 when it is so, 1 when it was
 * refused with a reason, 2 when Temporal did not answer, 78 for words it does not know.
 */
const usage = `npm run deploy -- status          every build: its share of new checkouts, its workers, what is open on it
npm run deploy -- ramp <percent>  gives the build of this code a share of new checkouts
npm run deploy -- current         gives it all of them
npm run deploy -- rollback        ends the ramp, or makes the build before current again
`;

const config = configOrExit();
const { TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: namespace } = config;
const run = readCommand(process.argv.slice(2));
// A history that does not replay is told of below, once.
Runtime.install({
  logger: new DefaultLogger('ERROR', () => undefined),
  telemetryOptions: { logging: { filter: 'OFF' } },
});
try {
  const connection = await Connection.connect({ address, connectTimeout: '5s' });
  try {
    await run(new Client({ connection, namespace }));
  } finally {
    await connection.close();
  }
} catch (error) {
  const refused = error instanceof DeployRefused;
  const reason = error instanceof Error ? error.message : String(error);
  process.stderr.write(refused ? `${reason}\n` : `Temporal at ${address} did not do it: ${reason}\n`);
  process.exitCode = refused ? 1 : 2;
}

function readCommand([command, ...more]: readonly string[]): (client: Client) => Promise<void> {
  const percent = Number(more[0]);
  if (command === 'ramp' && more.length === 1 && percent > 0 && percent < 100) return (client) => take(client, percent);
  if (command === 'current' && more.length === 0) return (client) => take(client);
  if (command === 'rollback' && more.length === 0) return goBack;
  if (command === 'status' && more.length === 0) return showStatus;
  process.stderr.write(usage);
  process.exit(EXIT_CONFIG);
}

async function take(client: Client, percent = 100): Promise<void> {
  const build = readBuild(config);
  const { replayed, moved } = await deploy(client, build, { address, namespace }, { percent });
  say(
    `${replayed} open workflows replay on build ${build.buildId}; ${moved} of builds without a worker end on it now.`,
  );
  say(`Build ${build.buildId} gets ${percent === 100 ? 'all' : `${percent} %`} of new checkouts.`);
}

async function goBack(client: Client): Promise<void> {
  const { from, to, kept } = await rollBack(client);
  say(`Build ${to} gets all new checkouts again.`);
  say(`Keep the workers of build ${from} until it is drained; ${kept} after-sale workflows end there too.`);
}

async function showStatus(client: Client): Promise<void> {
  const lines = await statusLines(client, readBuild(config).buildId);
  for (const line of lines) say(line);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
