/**
 * A deploy rehearsed with real processes: a stack whose worker is v1, sagas in every phase, v2 beside it with a step more
 * in the checkout and a patched after-sale, a ramp, a rollback, and everything driven to its end. `npm run deploy:rehearse`.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { table } from '../../dev/stack/table.mjs';
import { replayOpen } from '../../temporal/deployments/replay-open.js';
import { eventually } from '../support/eventually.js';
import { type Fleet, openFleet } from './fleet.js';
import { type Lived, readHistories } from './histories.js';
import { createPeople, forEach, type Kind, kinds, type Saga } from './sagas.js';

/** How many of each kind are in flight when the deploy begins: 200, or what REHEARSE_SAGAS says. */
const inFlight: Readonly<Record<Kind, number>> = {
  ...{ paid: 40, declined: 30, cancelled: 30, opening: 15, authorised: 20 },
  ...{ undoing: 20, parked: 20, deadline: 10, disputed: 15 },
};
const scale = Number(process.env.REHEARSE_SAGAS ?? 200) / 200;
const ofKinds = (stage: string, counts: Partial<Record<Kind, number>>): Saga[] =>
  Object.entries(counts).flatMap(([kind, count]) =>
    Array.from({ length: Math.ceil(count * scale) }, (_, i) => ({ id: `${stage}-${kind}-${i}`, kind: kind as Kind })),
  );

const stages: Record<string, Saga[]> = {
  before: ofKinds('before', inFlight),
  'ramp-20': ofKinds('ramp-20', { paid: 20, declined: 10, cancelled: 10, authorised: 10, disputed: 10 }),
  'ramp-50': ofKinds('ramp-50', { paid: 20, declined: 10, cancelled: 10, authorised: 10, disputed: 10 }),
  'all-v2': ofKinds('all-v2', { paid: 40, declined: 10, cancelled: 10, authorised: 10, disputed: 10 }),
  'rolled-back': ofKinds('rolled-back', { paid: 10, declined: 5, cancelled: 5, authorised: 5, disputed: 5 }),
};
const { before = [] } = stages;
const is =
  (...wanted: Kind[]) =>
  ({ kind }: Saga) =>
    wanted.includes(kind);
const cancelFails = { method: 'POST', path: '/v1/payment_intents/*/cancel', status: 503 };
const createFails = { method: 'POST', path: '/v1/payment_intents', status: 503 };

let fleet: Fleet;
let people: ReturnType<typeof createPeople>;
const faults = (...rules: object[]) => fleet.stack.control('PUT', 'faults', { faults: rules });
beforeAll(async () => {
  fleet = await openFleet();
  people = createPeople(fleet.stack, fleet.strictApi);
});
afterAll(() => fleet.close());

test('sagas of v1 are in flight in every phase', async () => {
  await faults(cancelFails);
  await forEach(
    before.filter((saga) => !is('opening')(saga)),
    people.begin,
  );
  await faults(cancelFails, createFails);
  await forEach(before.filter(is('opening')), people.begin);
  const phases = { opening: 'OPENING', undoing: 'UNDOING', parked: 'PARKED', paid: 'AWAITING_PAYMENT' } as const;
  for (const [kind, phase] of Object.entries(phases))
    await forEach(before.filter(is(kind as Kind)), ({ id }) => people.seen(people.phaseOf, id, phase));
  await forEach(before.filter(is('authorised')), ({ id }) => people.seen(people.paymentOf, id, 'AUTHORIZED'));
  await forEach(before.filter(is('disputed')), ({ id }) => people.seen(people.moneyOf, id, 'DISPUTED'));
  const [pinned, following] = [
    before.filter((saga) => !is('disputed')(saga)).length,
    before.filter(is('disputed')).length,
  ];
  expect(await fleet.deploy('v1', 'status')).toContain(
    `(this code): current; 1 workers; ${pinned} open sagas end on it, ${following} follow`,
  );
});

test('code that the open sagas cannot go on with is refused by the replay, before a worker of it starts', async () => {
  const { temporalAddress: address } = fleet.stack.file();
  const refused: string[] = [];
  for await (const { workflowId, error } of replayOpen({
    address,
    namespace: 'default',
    bundlePath: fleet.code.careless,
  }))
    if (error !== null) refused.push(workflowId);
  expect(refused.filter((id) => id.startsWith('after-sale-')).length).toBe(before.filter(is('disputed')).length);
  const { code, output } = await fleet.stack.command('deploy', ['current'], { WORKFLOW_BUNDLE: fleet.code.careless });
  expect(code, output).toBe(1);
  expect(output).toMatch(/after-sale-before-disputed-\d+: .*ondeterminism/);
});

test('a ramp of 20 and of 50 % gives v2 its share, and then it gets all', async () => {
  await fleet.startV2();
  await fleet.deploy('v2', 'ramp', '20');
  await faults();
  await forEach(stages['ramp-20'] ?? [], people.begin);
  await fleet.deploy('v2', 'ramp', '50');
  await forEach(stages['ramp-50'] ?? [], people.begin);
  await fleet.deploy('v2', 'current');
  await forEach(stages['all-v2'] ?? [], people.begin);
  expect(await fleet.deploy('v2', 'status')).toContain(`${fleet.buildIds.v2} (this code): current; 1 workers`);
});

test('v1 ends what it has begun while v2 is current', async () => {
  await forEach(before, people.end);
  await people.haveEnded(before);
  // What the ramp gave to v1 is open still.
  const open = (await readHistories(fleet.stack.file().temporalAddress)).filter(
    ({ workflowId, status, builds }) =>
      status === 'RUNNING' && workflowId.startsWith('checkout-ramp-') && builds[0] === fleet.buildIds.v1,
  );
  expect(await fleet.deploy('v2', 'status')).toMatch(
    new RegExp(`${fleet.buildIds.v1}: drain(ing|ed); 1 workers; ${open.length} open sagas end on it`),
  );
});

test('after a rollback v1 gets new checkouts, and v2 ends what it has begun', async () => {
  expect(await fleet.deploy('v1', 'rollback')).toContain(`Build ${fleet.buildIds.v1} gets all new checkouts again.`);
  await forEach(stages['rolled-back'] ?? [], people.begin);
  const rest = Object.entries(stages).flatMap(([stage, sagas]) => (stage === 'before' ? [] : sagas));
  await forEach(rest, people.end);
  await people.haveEnded(rest);
});

test('every order is final, every workflow has ended where it should, and the audit finds nothing', async () => {
  await people.decideDisputes();
  const lived = await eventually(
    () => readHistories(fleet.stack.file().temporalAddress),
    (all) => all.every(({ status }) => status !== 'RUNNING'),
    240_000,
  );
  const audit = await fleet.stack.command('audit');
  process.stdout.write(`\n${report(lived)}\n\n  ${audit.output.trim().split('\n').at(-1)}\n`);
  expect(audit.code, audit.output).toBe(0);
  expect(lived.filter(({ status }) => status !== 'COMPLETED')).toEqual([]);
  expect(lived.filter(({ failedTasks }) => failedTasks.length > 0)).toEqual([]);
  const moved = lived.filter(({ workflowId, builds }) => workflowId.startsWith('checkout-') && builds.length !== 1);
  expect(moved).toEqual([]);
  const shares = Object.keys(stages).map((stage) => shareOfV2(stage, lived));
  expect(shares[0]).toBe(0);
  expect(Math.abs((shares[1] ?? 0) - 0.2)).toBeLessThan(0.15);
  expect(Math.abs((shares[2] ?? 0) - 0.5)).toBeLessThan(0.2);
  expect(shares.slice(3)).toEqual([1, 0]);
});

const checkoutsOf = (stage: string, lived: readonly Lived[]): Lived[] =>
  lived.filter(({ workflowId }) => workflowId.startsWith(`checkout-${stage}-`));
function shareOfV2(stage: string, lived: readonly Lived[]): number {
  const all = checkoutsOf(stage, lived);
  return all.filter(({ builds }) => builds[0] === fleet.buildIds.v2).length / all.length;
}

function report(lived: readonly Lived[]): string {
  const { v1, v2 } = fleet.buildIds;
  const rows = Object.entries(stages).map(([stage, sagas]) => {
    const all = checkoutsOf(stage, lived);
    const on = (...path: string[]) => all.filter(({ builds }) => builds.join() === path.join()).length;
    const ends = (end: string) => sagas.filter(({ kind }) => kinds[kind].end === end).length;
    return [stage, sagas.length, on(v1), on(v2), all.length - on(v1) - on(v2), ends('CONFIRMED'), ends('CANCELLED')];
  });
  const afterSales = lived.filter(({ workflowId }) => workflowId.startsWith('after-sale-'));
  const paths: Record<string, number> = {};
  for (const { builds } of afterSales) {
    const path = builds.map((build) => (build === v1 ? 'v1' : 'v2')).join(', then ');
    paths[path] = (paths[path] ?? 0) + 1;
  }
  const failed = lived.flatMap(({ failedTasks }) => failedTasks);
  return [
    table([
      ['begun', 'sagas', 'on v1', 'on v2', 'on both', 'confirmed', 'cancelled'],
      ...rows.map((row) => row.map(String)),
    ]),
    '',
    ...Object.entries(paths).map(([path, count]) => `  ${count} after-sale workflows on ${path}`),
    `  ${lived.length} histories read, ${failed.length} workflow tasks failed`,
  ].join('\n');
}
