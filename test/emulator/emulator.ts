import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type Stripe from 'stripe';
import { createStripeClient } from '../../stripe/provider.js';
import { startEmulator } from '../../stripe-emulator/index.js';
import { scratchPlace } from '../support/scratch-place.js';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Readonly<Record<string, unknown>>;
}

/** How an emulator is spoken to, wherever it runs. */
export interface Access {
  readonly url: string;
  /** the merchant's server: the unmodified SDK with a secret key */
  readonly stripe: Stripe;
  /** the customer's browser: the SDK with a publishable key */
  readonly browser: Stripe;
  /** form-encoded, as `curl` would; GET without parameters */
  send(
    path: string,
    form?: Readonly<Record<string, string>>,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  control(method: 'GET' | 'PUT' | 'POST', what: string, body?: unknown): Promise<Answer['body']>;
  /** every webhook that was due, as the emulator tells of it */
  deliveries(): Promise<readonly Delivery[]>;
}

export interface Delivery {
  readonly type: string;
  readonly event: string;
  readonly endpoint: string;
  readonly state: string;
  readonly attempts: readonly { readonly status: number; readonly at: number }[];
  /** Unix seconds; null when it is not tried again */
  readonly nextAt: number | null;
}

/** An emulator on a directory of its own. */
export interface TestEmulator extends Access {
  readonly dataDir: string;
  /** stops it and starts it again on the same directory and port */
  restart(whileItIsDown?: () => void): Promise<void>;
  close(): Promise<void>;
}

export const SECRET_KEY = 'sk_test_shop';

export function accessTo(url: string): Access {
  const answerOf = async (response: Response): Promise<Answer> => ({
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Answer['body'],
  });
  // A connection each: one that is kept for later is dead after a restart, and fetch finds out too late.
  const once = { connection: 'close' };
  const control: Access['control'] = async (method, what, body) => {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const answer = await answerOf(await fetch(`${url}/_emulator/${what}`, { method, headers: once, ...sent }));
    if (answer.status !== 200) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer.body;
  };
  return {
    url,
    stripe: createStripeClient({ secretKey: SECRET_KEY, apiBase: url }),
    browser: createStripeClient({ secretKey: 'pk_test_shop', apiBase: url }),
    send: async (where, form, headers = {}) =>
      answerOf(
        await fetch(`${url}${where}`, {
          ...(form ? { method: 'POST', body: new URLSearchParams(form) } : {}),
          headers: { authorization: `Bearer ${SECRET_KEY}`, ...once, ...headers },
        }),
      ),
    control,
    deliveries: async () => (await control('GET', 'webhooks')).data as Delivery[],
  };
}

export async function openEmulator(): Promise<TestEmulator> {
  const dataDir = await mkdtemp(path.join(scratchPlace(), 'holdfast-emulator-'));
  let running = await startEmulator({ port: 0, dataDir });
  const { port, url } = running;
  return {
    ...accessTo(url),
    dataDir,
    restart: async (whileItIsDown = () => undefined) => {
      await running.close();
      whileItIsDown();
      running = await startEmulator({ port, dataDir });
    },
    close: async () => {
      await running.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export interface Heard {
  readonly payload: string;
  readonly signature: string;
  readonly event: Stripe.Event;
}

/** A webhook endpoint as a merchant runs it. */
export interface Receiver {
  readonly url: string;
  readonly heard: readonly Heard[];
  types(): string[];
  /** what it answers to the next deliveries, one status each; 200 after that */
  answerNext(...statuses: number[]): void;
  close(): Promise<void>;
}

export async function openReceiver(): Promise<Receiver> {
  const heard: Heard[] = [];
  const statuses: number[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const payload = Buffer.concat(chunks).toString();
      heard.push({ payload, signature: String(request.headers['stripe-signature']), event: JSON.parse(payload) });
      response.writeHead(statuses.shift() ?? 200).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`,
    heard,
    types: () => heard.map(({ event }) => event.type),
    answerNext: (...next) => void statuses.push(...next),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The id of what may be expanded. */
export const idOf = (value: string | { readonly id: string } | null | undefined): string =>
  typeof value === 'string' ? value : (value?.id ?? '');

/** Paid where it is confirmed: no method may send the customer away. */
export const mug = {
  amount: 1250,
  currency: 'usd',
  automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
} as const;
