/** The way to Stripe and back: the SDK's HTTP client, which hands each call to the emulator and lets misfortune strike. */
import type { FastifyInstance } from 'fastify';
import Stripe from 'stripe';
import type { Faults } from '../stripe-emulator/faults.js';
import type { Luck } from './luck.js';
import type { Scheduler } from './scheduler.js';

const misfortunes = [
  'never arrives',
  'is cut off before it arrives',
  'has its answer cut off',
  'is answered too late',
  'is answered 500 and was done',
  'is answered 500',
  'is answered 429',
] as const;
type Misfortune = (typeof misfortunes)[number];

/** Draws what becomes of a call: undefined, nothing. */
export type Weather = (saga: number) => Misfortune | undefined;

export const stormy =
  (luck: Luck): Weather =>
  (saga) =>
    luck.strikes(saga) ? luck.chanceOf(saga).pick(misfortunes) : undefined;

interface Line {
  readonly app: FastifyInstance;
  readonly faults: Faults;
  readonly scheduler: Scheduler;
  readonly weather: Weather;
}

/** Where the platform's calls go; those that no saga makes, such as an audit's, arrive at once. */
export function stripeOver(line: Line, secretKey: string): Stripe {
  return new Stripe(secretKey, {
    httpClient: new Wire(line),
    maxNetworkRetries: 0,
    telemetry: false,
  });
}

class Wire extends Stripe.HttpClient {
  constructor(private readonly line: Line) {
    super();
  }

  override getClientName(): string {
    return 'simulated';
  }

  override async makeRequest(...request: Parameters<Stripe.HttpClient['makeRequest']>): Promise<Answer> {
    const [, , url, method, headers, payload] = request;
    const { app, faults, scheduler, weather } = this.line;
    const { saga } = scheduler;
    const path = url.replace(/\?.*/, '');
    // Ids are new each time; a story that is played again reads the same.
    const name = `${method} ${path.replace(/\/[a-z]+_[A-Za-z0-9]{24}/, '/…')}`;
    const misfortune = saga === undefined ? undefined : weather(saga);
    await scheduler.pause(misfortune ? `${name} ${misfortune}` : name);
    if (misfortune === 'never arrives') throw Stripe.HttpClient.makeTimeoutError();
    if (misfortune === 'is cut off before it arrives') throw reset();
    const rule = misfortune && answers[misfortune];
    if (rule) faults.replace([{ path, times: 1, ...rule }]);
    const isRead = method === 'GET';
    const {
      statusCode,
      headers: answered,
      body,
    } = await app.inject({
      method: isRead ? 'GET' : method === 'DELETE' ? 'DELETE' : 'POST',
      url,
      headers: Object.fromEntries(Object.entries(headers).map(([header, value]) => [header, String(value)])),
      ...(isRead ? {} : { payload }),
    });
    if (rule) faults.replace([]);
    await scheduler.pause(`${name} answers ${statusCode}`);
    if (misfortune === 'has its answer cut off') throw reset();
    if (misfortune === 'is answered too late') throw Stripe.HttpClient.makeTimeoutError();
    return new Answer(
      statusCode,
      Object.fromEntries(Object.entries(answered).map(([header, value]) => [header, String(value)])),
      body,
    );
  }
}

const answers: Partial<Record<Misfortune, { readonly when: 'before' | 'after'; readonly status: number }>> = {
  'is answered 500 and was done': { when: 'after', status: 500 },
  'is answered 500': { when: 'before', status: 500 },
  'is answered 429': { when: 'before', status: 429 },
};

const reset = (): Error => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

class Answer extends Stripe.HttpClientResponse {
  constructor(
    status: number,
    headers: Record<string, string>,
    private readonly body: string,
  ) {
    super(status, headers);
  }

  override getRawResponse(): unknown {
    return this;
  }

  override toStream(): never {
    throw new Error('no answer of these is streamed');
  }

  override toJSON(): Promise<unknown> {
    return Promise.resolve(JSON.parse(this.body));
  }
}
