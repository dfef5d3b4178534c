import { isLock, tryLock } from '../machine/lock.mjs';
import { PartError } from '../parts/child.mjs';
import { endTools } from '../parts/tool.mjs';
import { setUp } from '../setup/index.mjs';
import { checkPorts } from './check-ports.mjs';
import { portsToCheck } from './parts-plan.mjs';
import { endLeftOvers, readStack, stackLock, writeStack } from './records.mjs';
import { rotateLogs } from './rotate-logs.mjs';
import { table } from './table.mjs';

/** @typedef {import('./settings.mjs').Settings} Settings */

/**
 * Starts a stack and stays until it is told to stop.
 * @param {Settings} settings
 * @returns {Promise<number>} exit code: 0 after SIGINT or SIGTERM, with everything stopped
 * @throws PartError when it cannot be started; everything is stopped then too
 */
export async function runStack(settings) {
  const say = (/** @type {string} */ line) => void process.stdout.write(`  ${line}\n`);
  const lock = tryLock(stackLock(settings.dataDir));
  if (!isLock(lock))
    throw new PartError(`A stack runs on ${settings.dataDir} already (pid ${lock.pid}): "npm run status" shows it.`);
  const stop = onStopSignal();
  try {
    const earlier = readStack(settings.dataDir);
    // A supervisor that was killed could not say so itself.
    if (earlier?.ready) writeStack(settings.dataDir, { ...earlier, ready: false });
    await endLeftOvers(settings.dataDir, say);
    const ready = await freePortsOf(settings, say);
    rotateLogs(settings.dataDir);
    await Promise.race([setUp(say), stop.asked]);
    if (!stop.wasAsked()) await runUntil(stop, ready, say);
  } finally {
    lock.release();
  }
  return 0;
}

/** @param {ReturnType<typeof onStopSignal>} stop @param {Settings} settings @param {(line: string) => void} say */
async function runUntil(stop, settings, say) {
  const { LocalStack } = await import('./local-stack.mjs');
  const stack = new LocalStack(settings, say);
  stop.again(() => stack.hurry());
  const begin = performance.now();
  // An error of our own must not leave everything running without its supervisor.
  /** @type {Promise<never>} */
  const crash = new Promise((_, reject) => process.once('uncaughtException', reject));
  try {
    say(`Starting, data in ${settings.dataDir}`);
    const started = await Promise.race([stack.start(), stop.asked, crash]);
    if (started) say(readyText(started, (performance.now() - begin) / 1000));
    await Promise.race([stop.asked, crash]);
    say('Stopping');
  } finally {
    endTools();
    await stack.stop();
  }
  say('Stopped');
}

/**
 * Listens for Ctrl-C, SIGTERM and the terminal's end. The first asks for a stop, the next one for haste.
 */
function onStopSignal() {
  let count = 0;
  /** @type {() => void} */
  let hurry = () => undefined;
  /** @type {Promise<undefined>} */
  const asked = new Promise((resolve) => {
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
      process.on(signal, () => {
        count += 1;
        if (count === 1) endTools();
        else hurry();
        resolve(undefined);
      });
  });
  return {
    asked,
    wasAsked: () => count > 0,
    again: (/** @type {() => void} */ action) => {
      hurry = action;
    },
  };
}

/**
 * @param {Settings} settings
 * @param {(line: string) => void} say
 * @returns {Promise<Settings>} with the ports that have moved
 * @throws PartError with one line for each port that is in use
 */
async function freePortsOf(settings, say) {
  const names = portsToCheck(settings);
  const { problems, moved } = await checkPorts(names.map((name) => settings.ports[name]));
  if (problems.length > 0) throw new PartError(problems.join('\n'));
  const ports = { ...settings.ports };
  for (const name of names) {
    const free = moved.get(ports[name].variable);
    if (!free) continue;
    say(`Port ${ports[name].port} is in use: ${ports[name].what} takes ${free} (${ports[name].variable})`);
    ports[name] = { ...ports[name], port: free };
  }
  return { ...settings, ports };
}

/** @param {import('./records.mjs').StackFile} stack @param {number} seconds */
function readyText(stack, seconds) {
  const rows = [
    ['Checkout API', stack.api, `documentation ${stack.api}/docs`],
    ['Orders', stack.orders, ''],
    ['Products', stack.products, ''],
    ['Temporal', stack.temporalAddress, stack.temporalUi ? `Web UI ${stack.temporalUi}` : ''],
    ['Kafka', stack.kafkaBrokers.join(', ') || 'none', ''],
    ['PostgreSQL', stack.databaseUrl.replace(/:[^:@/]*@/, '@'), ''],
    ['Stripe', stack.stripeApi, ''],
    ['Logs', stack.logs, ''],
  ];
  return `Ready after ${seconds.toFixed(1)} s\n\n${table(rows)}\n\n  Addresses and tokens for programs are in stack.json beside the logs; "npm run demo" shows it at work. Ctrl-C stops.`;
}
