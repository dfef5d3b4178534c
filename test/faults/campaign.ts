/** `npm run faults`: the whole matrix on one stack, then outages under load, then the look at everything. */
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { batchesOf, isAlone } from './batches.js';
import { type Cell, cells } from './cells.js';
import { judge } from './checks.js';
import { Customers, stockShop } from './customers.js';
import { settlingTimes } from './figures.js';
import { heardInOrder } from './heard-facts.js';
import { outages, playOutage, type SeenOutage } from './outage.js';
import { NotReached, type Struck, strike, type WorkerDeath } from './play.js';
import { writeReport } from './report.js';
import { type FaultStack, startFaultStack } from './stack.js';
import type { Who } from './steps.js';

const only = process.env.FAULTS_ONLY ?? '';
/** After this nobody is struck any more; what was not played by then is told as such, and fails the run. */
const minutes = Number(process.env.FAULTS_MINUTES ?? 120);
/** How often each is killed at least, in the whole matrix. */
const KILLS = 20;
/** In effect this soon after a killed worker is back, 95 of 100 events that were acknowledged without it. */
const SETTLED_WITHIN_MS = 6_000;
const SHORT_HOLD_SECONDS = 60;

/** What became of a cell: null when its order ended as planned. */
const outcomes = new Map<string, string | null>();
/** Cells that were not struck, since another blow ended what was to be stopped: they are played once more, alone. */
const again = new Set<Cell>();
const until = Date.now() + minutes * 60_000;
const say = (line: string): void => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);

/**
 * Who is hit side by side with whom; a lane plays one blow after the other. More at once, and what one needs to come back is
 * itself away too long. The worker dies while everybody else lives: how soon its events are in effect is measured.
 */
const phases: readonly (readonly (readonly Who[])[])[] = [
  [['worker']],
  [
    ['API', 'relay', 'dispatcher'],
    ['Kafka', 'Stripe'],
  ],
  [['PostgreSQL', 'Temporal']],
];
/** A second worker takes over everything, also orders that somebody holds at the first: nothing else is played beside. */
const isTakenOver = ({ who, fault }: Cell): boolean => who === 'worker' && fault === 'duplicate';
/** How many cells that hurt nobody else are played at once. */
const SIDE_BY_SIDE = 2;

test('every cell of the matrix ends whole', { timeout: 3_600_000 }, async () => {
  const begin = Date.now();
  const wanted = cells.filter(({ id, impossible }) => impossible === null && id.includes(only));
  const stack = await startFaultStack({ kafka: true, shortHoldSeconds: SHORT_HOLD_SECONDS });
  const customers = new Customers(stack);
  await stockShop(stack);
  const deaths: WorkerDeath[] = [];
  say(`${cells.length} cells, of which ${wanted.length} are played; logs in ${stack.dir}`);
  try {
    const quiet = wanted.filter((cell) => !isAlone(cell)).map((cell) => [cell]);
    const beside = Array.from({ length: SIDE_BY_SIDE }, (_, no) => quiet.filter((_cell, i) => i % SIDE_BY_SIDE === no));
    for (const [i, phase] of phases.entries()) {
      const ofOne = (who: Who) => wanted.filter((cell) => cell.who === who && !isTakenOver(cell));
      const blows = phase.map((whos) => whos.flatMap((who) => batchesOf(ofOne(who), KILLS)));
      await Promise.all([...blows, ...(i === 0 ? beside : [])].map((lane) => playLane(lane, customers, deaths)));
    }
    await playLane(batchesOf(wanted.filter(isTakenOver), 0), customers, deaths);
    await playLane(
      [...again].map((cell) => [cell]),
      customers,
      deaths,
    );
    // After the last blow everything is to come back by itself.
    await Promise.all(stack.processes.map((process) => process.ready()));
    const seen: SeenOutage[] = [];
    for (const outage of outages.filter(({ name }) => name.includes(only))) {
      if (Date.now() > until) break;
      say(outage.name);
      seen.push(await playOutage(customers, outage));
    }
    say('Waiting for the end of everything, and looking at it');
    const judged = await judge(customers);
    const verdict = { ...judged, differences: [...judged.differences, ...(await heardInOrder(stack))] };
    const settling = await settlingTimes(stack.db, deaths);
    const failed = [...outcomes].filter(([, why]) => why !== null);
    const kills = killsOf(stack);
    const report = { outcomes, seen, verdict, settling, kills, begin, end: Date.now(), head: head() };
    const text = only ? undefined : await writeReport(report);
    say(text ?? JSON.stringify({ kills, settling, ...verdict, lateness: Math.max(0, ...verdict.lateness) }));
    expect(failed).toEqual([]);
    expect(outcomes.size).toBe(wanted.length);
    expect([...verdict.differences, ...seen.flatMap(({ differences }) => differences)]).toEqual([]);
    if (only) return;
    expect(Object.entries(kills).filter(([, count]) => count < KILLS)).toEqual([]);
    expect(settling.p95).toBeLessThan(SETTLED_WITHIN_MS);
  } finally {
    await stack.stop();
  }
  stack.forget();
});

/** Strikes batch after batch; the orders of one end while the next is struck. */
async function playLane(
  lane: readonly (readonly Cell[])[],
  customers: Customers,
  deaths: WorkerDeath[],
): Promise<void> {
  const over: Promise<void>[] = [];
  for (const batch of lane) {
    if (Date.now() > until) break;
    // Somebody begins each time, and never comes back.
    customers
      .order('abandoned', 'never-back')
      .open()
      .catch(() => undefined);
    for (const struck of await strike(customers, batch, deaths)) over.push(note(struck));
  }
  await Promise.all(over);
}

async function note({ cell, over }: Struck): Promise<void> {
  const error: unknown = await over.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof NotReached && !again.has(cell)) {
    again.add(cell);
    say(`${cell.id}: ${sentence(error)}; it is played again in the end`);
    return;
  }
  const why = error === null ? null : sentence(error);
  outcomes.set(cell.id, why);
  say(`${outcomes.size}. ${cell.id}: ${why === null ? 'whole' : `FAILED: ${why}`}`);
}

const sentence = (error: unknown): string =>
  error instanceof Error
    ? `${error.message.slice(0, 500)}${error.cause ? ` ${sentence(error.cause)}` : ''}`
    : String(error);

/** Kills of each process; relay and dispatcher are one. */
const killsOf = (stack: FaultStack): Record<string, number> => ({
  API: stack.api.process.kills + stack.shortApi.process.kills,
  worker: stack.worker.process.kills,
  'relay and dispatcher': stack.relay.process.kills,
  PostgreSQL: stack.postgres.kills,
  Temporal: stack.temporal.kills,
  Kafka: stack.kafka?.kills ?? 0,
  'Stripe emulator': stack.emulator.kills,
});

const head = (): string => execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim();
