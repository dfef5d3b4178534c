import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import Stripe from 'stripe';
import { freePort } from '../../dev/parts/index.mjs';
import type { StackFile } from '../../dev/stack/records.mjs';
import { eventually } from '../support/eventually.js';
import { type Answer, type Caller, createCaller } from '../support/http.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** The customer of the guide, whose token the stack hands out, and the product of the guide. */
const GUIDE_USER = '67458e9c1234567890fedcba';
export const GUIDE_PRODUCT = 'prod_12345';

/** A stack as a person has it: `npm start` in a directory and on ports of its own, seen only from outside. */
export interface LocalStack {
  /** what stack.json says now */
  file(): StackFile & { readonly tokens: { readonly customer: string; readonly operator: string } };
  /** all it has printed */
  output(): string;
  log(role: string): string;
  readonly customer: Caller;
  readonly operator: Caller;
  /** runs another of the project's commands against it, to its end, with arguments and settings of its own */
  command(script: string, more?: readonly string[], settings?: Readonly<Record<string, string>>): Promise<Ended>;
  /** the same with settings of its own, ended by SIGTERM once it has said this */
  commandUntil(script: string, said: string, settings?: Readonly<Record<string, string>>): Promise<Ended>;
  /** opens a checkout of one unit of the guide's product. @param at address of another payment service beside this stack's */
  open(orderId: string, at?: string): Promise<Answer>;
  /** the customer confirms in their browser; a decline is an answer too */
  pay(checkout: Answer, card: string): Promise<void>;
  control(method: 'PUT' | 'POST', what: string, body: unknown): Promise<void>;
  /** asks it to stop as Ctrl-C or a service manager does. @returns its exit code and how long it took */
  stop(signal: 'SIGINT' | 'SIGTERM'): Promise<{ readonly code: number | null; readonly seconds: number }>;
  /** with other settings than before, where they are given */
  start(settings?: Readonly<Record<string, string>>): Promise<void>;
  /** stops whatever still runs, and forgets its data */
  destroy(): Promise<void>;
}

export interface Ended {
  readonly code: number | null;
  readonly output: string;
}

export async function startStack(settings: Readonly<Record<string, string>> = {}): Promise<LocalStack> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'holdfast-e2e-'));
  const env = { ...process.env, ...(await freePorts()), DATA_DIR: dataDir, ...settings };
  let running: ReturnType<typeof run> | undefined;

  const file: LocalStack['file'] = () => JSON.parse(readFileSync(path.join(dataDir, 'stack.json'), 'utf8'));
  const start: LocalStack['start'] = async (more = {}) => {
    running = run(['start'], { ...env, ...more });
    const { child: started, output } = running;
    await eventually(
      () => {
        if (started.exitCode !== null) return 'ended';
        return existsSync(path.join(dataDir, 'stack.json')) && file().ready && output().includes('Ready after');
      },
      Boolean,
      90_000,
    );
    if (started.exitCode !== null) throw new Error(`npm start ended with ${started.exitCode}:\n${output()}`);
  };
  const stop: LocalStack['stop'] = async (signal) => {
    const { child, ended } = running ?? {};
    if (!child || child.exitCode !== null) return { code: child?.exitCode ?? null, seconds: 0 };
    const begin = performance.now();
    child.kill(signal);
    return { code: (await ended)?.code ?? null, seconds: (performance.now() - begin) / 1000 };
  };
  const destroy = async (): Promise<void> => {
    await stop('SIGINT');
    rmSync(dataDir, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await destroy();
    throw error;
  }
  const { api, stripeApi, tokens } = file();
  const customer = createCaller(api, `Bearer ${tokens.customer}`);
  const browser = new URL(stripeApi);
  const stripe = new Stripe('pk_test_customer', { host: browser.hostname, port: browser.port, protocol: 'http' });
  return {
    file,
    output: () => running?.output() ?? '',
    log: (role) => readFileSync(path.join(dataDir, 'logs', `${role}.log`), 'utf8'),
    customer,
    operator: createCaller(api, `Bearer ${tokens.operator}`),
    command: (script, more = [], own = {}) => run(['run', script, '--', ...more], { ...env, ...own }).ended,
    commandUntil: async (script, said, more = {}) => {
      const running = run(['run', script], { ...env, ...more });
      await eventually(() => running.output().includes(said) || running.child.exitCode !== null, Boolean, 30_000);
      running.child.kill('SIGTERM');
      return running.ended;
    },
    open: (orderId, at = api) =>
      createCaller(at, `Bearer ${tokens.customer}`).post('/v1/payment/checkout-session', {
        orderId,
        userId: GUIDE_USER,
        items: [{ productId: GUIDE_PRODUCT, quantity: 1, price: 99.99 }],
        amount: 99.99,
        currency: 'USD',
      }),
    pay: async ({ body }, card) => {
      const asCustomer = { payment_method: card, client_secret: body.clientSecret };
      await stripe.paymentIntents.confirm(body.paymentIntentId, asCustomer).catch((error: unknown) => {
        if (!(error instanceof Stripe.errors.StripeCardError)) throw error;
      });
    },
    control: async (method, what, body) => {
      const headers = { 'content-type': 'application/json' };
      const init = { method, headers, body: JSON.stringify(body) };
      const response = await fetch(`${stripeApi}/_emulator/${what}`, init);
      if (!response.ok) throw new Error(`The emulator refused ${what}: ${await response.text()}`);
    },
    stop,
    start,
    destroy,
  };
}

/** One of the project's commands, with all it prints. */
function run(args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn('npm', args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  const ended = once(child, 'close').then(([code]): Ended => ({ code: code as number | null, output }));
  return { child, output: () => output, ended };
}

async function freePorts(): Promise<Record<string, string>> {
  const names = ['PORT', 'ORDERS_PORT', 'PRODUCTS_PORT', 'POSTGRES_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT'];
  const ports: Record<string, string> = {};
  for (const name of [...names, 'KAFKA_PORT', 'STRIPE_PORT']) ports[name] = String(await freePort());
  return ports;
}
