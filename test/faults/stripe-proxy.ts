/** Stands between the worker and Stripe, call by call. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HoldingGate } from './gate.js';

/** Which call is meant; `*` in the path stands for one segment. */
export interface WantedCall {
  readonly method: string;
  readonly path: RegExp;
  /** what its path or its parameters must contain */
  readonly about: string;
}

export interface StripeProxy {
  readonly url: string;
  /** Holds the first such call: `before` it is sent, or `after` Stripe has done it, its answer withheld. */
  gate(wanted: WantedCall, point: 'before' | 'after'): HoldingGate;
  close(): Promise<void>;
}

interface Rule {
  readonly wanted: WantedCall;
  readonly point: 'before' | 'after';
  readonly gate: HoldingGate;
}

export async function startStripeProxy(target: string): Promise<StripeProxy> {
  let rules: Rule[] = [];
  const ruleFor = (call: IncomingMessage, body: string): Rule | undefined => {
    rules = rules.filter(({ gate }) => gate.isFree);
    const [path = ''] = (call.url ?? '').split('?');
    const said = decodeURIComponent(`${call.url}\n${body}`);
    return rules.find(
      ({ wanted }) => wanted.method === call.method && wanted.path.test(path) && said.includes(wanted.about),
    );
  };
  const handle = async (call: IncomingMessage, reply: ServerResponse): Promise<void> => {
    const body = await read(call);
    const rule = ruleFor(call, body.toString('utf8'));
    if (rule?.point === 'before' && !(await pass(rule.gate, call, reply))) return;
    const answer = await forward(new URL(call.url ?? '/', target), call, body);
    if (rule?.point === 'after' && !(await pass(rule.gate, call, reply))) return;
    reply.writeHead(answer.message.statusCode ?? 502, answer.message.headers);
    reply.end(answer.body);
  };
  const server = createServer((call, reply) => {
    handle(call, reply).catch(() => call.socket.destroy()); // Stripe is away: whoever called sees a lost connection
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    gate: (wanted, point) => {
      const gate = new HoldingGate();
      rules.push({ wanted, point, gate });
      return gate;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** @returns whether the call goes on */
function pass(gate: HoldingGate, call: IncomingMessage, reply: ServerResponse): Promise<boolean> {
  return new Promise((resolve) => {
    gate.hold({
      open: () => resolve(true),
      cut: () => {
        call.socket.destroy();
        resolve(false);
      },
      refuse: () => {
        reply.writeHead(500, { 'content-type': 'application/json' });
        reply.end(JSON.stringify({ error: { type: 'api_error', message: 'An unknown error occurred' } }));
        resolve(false);
      },
    });
  });
}

async function read(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function forward(url: URL, { method, headers }: IncomingMessage, body: Buffer) {
  return new Promise<{ message: IncomingMessage; body: Buffer }>((resolve, reject) => {
    const sent = request(url, { ...(method ? { method } : {}), headers: { ...headers, host: url.host } }, (message) => {
      read(message).then((read) => resolve({ message, body: read }), reject);
    });
    sent.on('error', reject);
    sent.end(body);
  });
}
