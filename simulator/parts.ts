/** What a batch of sagas runs on: the real parts, with the scheduler between them. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import path from 'node:path';
import { createAfterSaleActivities } from '../activities/after-sale.js';
import { createCheckoutActivities } from '../activities/checkout.js';
import type { LatePaymentPolicy } from '../domain/after-sale/late-payment.js';
import { type Database, openDatabase } from '../domain/database.js';
import type { PaymentProvider, ProviderRecords } from '../domain/payments/provider.js';
import { createLogger } from '../platform/log.js';
import { seed } from '../prisma/seed.js';
import { createStripeProvider, createStripeRecords } from '../stripe/provider.js';
import { Emulator } from '../stripe-emulator/emulator.js';
import { buildServer } from '../stripe-emulator/server.js';
import { createTestDatabase } from '../test/support/postgres.js';
import { scratchPlace } from '../test/support/scratch-place.js';
import type { Luck } from './luck.js';
import type { Random } from './random.js';
import { Scheduler } from './scheduler.js';
import { stormy, stripeOver } from './stripe.js';
import type { Activities } from './temporal/activity.js';
import { openSandbox } from './temporal/sandbox.js';
import { VirtualTemporal } from './temporal/server.js';

export interface Conditions {
  readonly chance: Random;
  readonly luck: Luck;
  readonly latePaymentPolicy: LatePaymentPolicy;
  /** how often a timer comes before what else its saga could do, from 0 to 1 */
  readonly deadlineWins: number;
  readonly products: Parameters<typeof seed>[1];
  /** told of each step, in order */
  readonly tell: (saga: number, what: string) => void;
  /** told of an undo that waits for a person */
  readonly parked: (orderId: string) => void;
  /** puts something wrong into the parts, to see whether it is found */
  readonly breakage?: Breakage | undefined;
}

export interface Breakage {
  readonly provider?: (provider: PaymentProvider) => PaymentProvider;
  readonly activities?: (activities: Activities) => Activities;
}

export interface Parts {
  readonly scheduler: Scheduler;
  readonly temporal: VirtualTemporal;
  readonly emulator: Emulator;
  /** statements are points where something else may come in between */
  readonly db: Database;
  readonly provider: PaymentProvider;
  readonly records: ProviderRecords;
  /** Stripe as a customer's browser and the dashboard reach it: nothing goes wrong on their way */
  readonly dashboard: ReturnType<typeof stripeOver>;
  readonly browser: ReturnType<typeof stripeOver>;
  close(): Promise<void>;
}

/** Where Stripe's own page would send its customers, of whom there are none here. */
const pages = { successUrl: 'http://shop.test/paid', cancelUrl: 'http://shop.test/cart', keyOf: () => '' };

/** `order-7` is saga 7's, and so are its workflows. */
export const orderIdOf = (saga: number): string => `order-${saga}`;
export const sagaOf = (id: string): number => Number(/order-(\d+)$/.exec(id)?.[1] ?? -1);

export async function openParts(conditions: Conditions): Promise<Parts> {
  const { chance, luck, latePaymentPolicy, deadlineWins, tell, parked, breakage = {} } = conditions;
  const database = await createTestDatabase();
  await seed(database.db, conditions.products);
  const plain = openDatabase({
    // Nothing here survives the run: a commit need not wait for the disk.
    url: `${database.url}?options=-c%20synchronous_commit%3Doff`,
    application: 'simulation',
    poolSize: 4,
  });
  const dir = await mkdtemp(path.join(scratchPlace(), 'holdfast-simulation-'));
  const emulator = new Emulator(dir, () => undefined);
  const app = buildServer(emulator);
  await app.ready();
  const scheduler = new Scheduler(chance, tell);
  const line = { app, faults: emulator.faults, scheduler };
  const calm = { ...line, weather: () => undefined };
  const stripe = stripeOver({ ...line, weather: stormy(luck) }, 'sk_test_simulated');
  const provider = (breakage.provider ?? ((same) => same))(createStripeProvider(stripe, pages));
  const db = interruptible(plain, scheduler);
  const deps = { db, provider, latePaymentPolicy, log: createLogger('worker', 'silent') };
  const checkout = createCheckoutActivities(deps);
  const activities = {
    ...checkout,
    ...createAfterSaleActivities(deps),
    parkOrder: async (input: Parameters<typeof checkout.parkOrder>[0]) => {
      await checkout.parkOrder(input);
      parked(input.orderId);
    },
  };
  const sandbox = await openSandbox(process.env.TEST_WORKFLOW_BUNDLE ?? '', Object.keys(activities));
  const host = {
    scheduler,
    sandbox,
    activities: (breakage.activities ?? ((same) => same))(activities),
    luck,
    deadlineWins,
  };
  const temporal = new VirtualTemporal(host, sagaOf);
  return {
    scheduler,
    temporal,
    emulator,
    db,
    provider,
    records: createStripeRecords(stripe),
    dashboard: stripeOver(calm, 'sk_test_simulated'),
    browser: stripeOver(calm, 'pk_test_simulated'),
    close: async () => {
      await temporal.close();
      await sandbox.close();
      await app.close();
      await emulator.store.commit();
      emulator.store.close();
      await plain.$disconnect();
      await database.drop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** Before each statement, whatever else is ready may come first. */
function interruptible(db: Database, scheduler: Scheduler): Database {
  const statements: readonly PropertyKey[] = ['$queryRaw', '$executeRaw', '$transaction'];
  return new Proxy(db, {
    get: (target, name) => {
      const member: unknown = Reflect.get(target, name);
      if (typeof member !== 'function') return member;
      if (!statements.includes(name)) return member.bind(target);
      return async (...args: unknown[]) => {
        await scheduler.pause('');
        return Reflect.apply(member, target, args) as unknown;
      };
    },
  });
}
