import { hash, randomUUID } from 'node:crypto';
import rateLimit, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { App } from './app.js';
import { HttpProblem } from './problem.js';

const WINDOW_MS = 60_000;
const ROWS = 4;
const WIDTH = 65_536;

type Counted = (error: Error | null, result?: { readonly current: number; readonly ttl: number }) => void;

/**
 * Counts requests a key over the last minute in a fixed 2 MB, however many keys there are: a count-min sketch a window, the
 * last one weighted by how much of it still lies within the minute. A key is never forgotten while it is over; two keys share
 * all four of their cells about once in 10^19. https://en.wikipedia.org/wiki/Count%E2%80%93min_sketch
 */
class SlidingWindow {
  // The places are secret, so that nobody can use up the budget of somebody else.
  private readonly salt = randomUUID();
  private present = new Uint32Array(ROWS * WIDTH);
  private last = new Uint32Array(ROWS * WIDTH);
  private began = performance.now();

  /** @fastify/rate-limit makes a store a configuration; the keys here say already what they count. */
  child(): this {
    return this;
  }

  /** What is refused is not counted. `ttl`: ms until the next request of this key may pass. */
  incr(key: string, done: Counted, windowMs: number, max: number): void {
    const age = this.turn(windowMs);
    const cells = this.cellsOf(key);
    const now = Math.min(...cells.map((cell) => this.present[cell] ?? 0));
    const before = Math.min(...cells.map((cell) => this.last[cell] ?? 0));
    const used = now + before * (1 - age / windowMs);
    const passes = used + 1 <= max;
    if (passes) for (const cell of cells) if ((this.present[cell] ?? 0) <= now) this.present[cell] = now + 1;
    done(null, {
      current: passes ? Math.ceil(used + 1) : max + 1,
      ttl: passes ? windowMs : waitMs({ now, before, age, windowMs, max }),
    });
  }

  /** Begins the next window when the present one is over. @returns the age of the present one, in ms */
  private turn(windowMs: number): number {
    const passed = Math.floor((performance.now() - this.began) / windowMs);
    if (passed > 0) {
      [this.last, this.present] = [this.present, this.last];
      this.present.fill(0);
      if (passed > 1) this.last.fill(0);
      this.began += passed * windowMs;
    }
    return performance.now() - this.began;
  }

  private cellsOf(key: string): number[] {
    const digest = hash('sha1', `${this.salt} ${key}`, 'buffer');
    return Array.from({ length: ROWS }, (_, row) => row * WIDTH + (digest.readUInt32BE(row * 4) % WIDTH));
  }
}

interface Used {
  readonly now: number;
  readonly before: number;
  readonly age: number;
  readonly windowMs: number;
  readonly max: number;
}

/** Until enough of the last window, or of this one once it is the last, has gone by. */
function waitMs({ now, before, age, windowMs, max }: Used): number {
  const fades = (count: number): number => (1 - Math.max(max - 1, 0) / Math.max(count, 1)) * windowMs;
  if (now + 1 > max) return windowMs - age + fades(now);
  return (1 - (max - 1 - now) / Math.max(before, 1)) * windowMs - age;
}

/** Counts a request against its limit. @throws HttpProblem 429 with `Retry-After` when there is nothing left of it */
export type CountRequest = (request: FastifyRequest, reply: FastifyReply) => Promise<void>;

export interface RateLimits {
  /** a request whose user is known, whatever becomes of it */
  readonly countUser: CountRequest;
  /** a request that proved nobody, by its address; a user at the same address keeps their own budget */
  readonly countAddress: CountRequest;
}

/**
 * The limits of a service. A request counts once: for its user where it has one, else for its address and the kind of thing
 * that was asked, so that refused webhooks and bad tokens of one address do not use up each other's budget.
 * @param max requests a minute in all replicas together
 * @param replicas how many run; each lets its share pass, and a fifth more, as no balancer is exact
 */
export async function registerRateLimits(app: App, max: number, replicas: () => number): Promise<RateLimits> {
  await app.register(rateLimit, {
    global: false,
    store: SlidingWindow,
    timeWindow: WINDOW_MS,
    max: () => shareOf(max, replicas()),
    errorResponseBuilder: (_request, { ttl }) =>
      new HttpProblem({
        status: 429,
        code: 'too-many-requests',
        title: 'Too many requests',
        detail: `You may send ${max} requests a minute. Try again in ${seconds(ttl)} s.`,
        retryAfter: seconds(ttl),
      }),
  });
  const by = (keyGenerator: (request: FastifyRequest) => string): CountRequest => {
    const count = app.rateLimit({ keyGenerator });
    return async (request, reply) => void (await count.call(app, request, reply));
  };
  return {
    countUser: by((request) => `user ${request.user?.id}`),
    countAddress: by((request) => `${request.routeOptions.config?.limitedAs ?? 'address'} ${normalizeIP(request.ip)}`),
  };
}

const shareOf = (max: number, replicas: number): number =>
  replicas <= 1 ? max : Math.max(1, Math.floor((max * 1.2) / replicas));
const seconds = (ms: number): number => Math.max(1, Math.ceil(ms / 1000));
