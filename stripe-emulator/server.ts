import { setTimeout as delay } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { registerControls } from './controls.js';
import type { Emulator } from './emulator.js';
import { errorAnswer, invalidRequest, StripeError } from './errors.js';
import type { FaultRule } from './faults.js';
import { type Form, parseForm } from './form.js';
import { registerPages } from './hosted-pages/routes.js';
import { fingerprintOf } from './idempotency.js';
import { newId } from './ids.js';
import { match, run } from './routes.js';

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly requestId: string;
  readonly replayed: boolean;
}

/** Stripe's HTTP face and, under /_emulator, what Stripe does not have. */
export function buildServer(emulator: Emulator): FastifyInstance {
  const app = Fastify({
    bodyLimit: 1_048_576,
    routerOptions: { ignoreTrailingSlash: true },
    forceCloseConnections: true,
    // A misspelt knob is refused: left out in silence, a test would prove nothing.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  });
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  registerControls(app, emulator);
  registerPages(app, emulator);
  app.all('/v1/*', (request, reply) => serve(emulator, request, reply));
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(errorAnswer(unknownUrl(request.method, request.url), newId('req'))),
  );
  return app;
}

async function serve(emulator: Emulator, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { pathname, search } = new URL(request.url, 'http://stripe');
  const form = parseForm(
    request.method === 'GET' ? search.slice(1) : typeof request.body === 'string' ? request.body : '',
  );
  const header = request.headers['idempotency-key'];
  const idempotencyKey = request.method === 'POST' && typeof header === 'string' ? header : null;
  const seen = { at: new Date().toISOString(), method: request.method, path: pathname, params: form, idempotencyKey };
  const cut = (): void => {
    emulator.record({ ...seen, status: null, replayed: false, answer: null });
    reply.hijack();
    request.raw.socket.destroy();
  };
  const requestId = newId('req');

  const before = emulator.faults.strike('before', request.method, pathname);
  if (before?.latencyMs) await delay(before.latencyMs);
  if (before?.cut) return cut();
  const struck = before ? faultError(before) : undefined;

  let answer: Answer;
  let after: FaultRule | undefined;
  let releaseKey: (() => void) | undefined;
  if (struck) answer = { status: struck.status, body: errorAnswer(struck, requestId), requestId, replayed: false };
  else
    try {
      answer = act(emulator, request, {
        pathname,
        form,
        idempotencyKey,
        requestId,
        strikeAfter: () => (after = emulator.faults.strike('after', request.method, pathname)),
        onKeyTaken: (release) => (releaseKey = release),
      });
      await emulator.store.commit();
      emulator.deliveries.wake();
      if (after?.latencyMs) await delay(after.latencyMs);
    } finally {
      releaseKey?.();
    }
  if (after?.cut) return cut();
  emulator.record({ ...seen, status: answer.status, replayed: answer.replayed, answer: answer.body });
  await reply
    .code(answer.status)
    .headers({
      'request-id': answer.requestId,
      'stripe-version': emulator.apiVersion,
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
      ...(answer.replayed ? { 'idempotent-replayed': 'true', 'original-request': answer.requestId } : {}),
      ...(answer.status === 429 || answer.status === 409
        ? { 'stripe-should-retry': 'true' }
        : answer.status < 500
          ? { 'stripe-should-retry': 'false' }
          : {}),
    })
    .send(answer.body);
}

interface Act {
  readonly pathname: string;
  readonly form: Form;
  readonly idempotencyKey: string | null;
  readonly requestId: string;
  readonly strikeAfter: () => FaultRule | undefined;
  /** told how to give the key back, which is due when the request is answered */
  readonly onKeyTaken: (release: () => void) => void;
}

/** One call, from key to answer, in one turn: nothing else happens in between. */
function act(
  emulator: Emulator,
  request: FastifyRequest,
  { pathname, form, idempotencyKey, requestId, strikeAfter, onKeyTaken }: Act,
): Answer {
  const failed = (error: unknown): Answer => {
    if (!(error instanceof StripeError)) throw error;
    return { status: error.status, body: errorAnswer(error, requestId), requestId, replayed: false };
  };
  let key: string;
  try {
    key = apiKey(request, form);
  } catch (error) {
    return failed(error);
  }
  const found = match(request.method, pathname);
  if (!found) return failed(unknownUrl(request.method, pathname));
  const isPublic = key.startsWith('pk_');
  if (isPublic && !found.route.open) return failed(secretKeyNeeded(key));
  const fingerprint = fingerprintOf(request.method, pathname, form);
  try {
    const stored = idempotencyKey ? emulator.idempotency.begin(key, idempotencyKey, fingerprint) : undefined;
    if (stored) return { status: stored.status, body: stored.body, requestId: stored.requestId, replayed: true };
  } catch (error) {
    return failed(error);
  }
  if (idempotencyKey) onKeyTaken(() => emulator.idempotency.release(key, idempotencyKey));
  emulator.cause = { requestId, idempotencyKey };
  let answer: Answer;
  let remembered = true;
  try {
    answer = {
      status: 200,
      body: run(found.route, { emulator, id: found.id, form, isPublic }),
      requestId,
      replayed: false,
    };
  } catch (error) {
    remembered = error instanceof StripeError && error.stored;
    answer = failed(error);
  } finally {
    emulator.cause = undefined;
  }
  const rule = strikeAfter();
  const struck = rule ? faultError(rule) : undefined;
  if (struck) answer = { status: struck.status, body: errorAnswer(struck, requestId), requestId, replayed: false };
  if (idempotencyKey && remembered) emulator.idempotency.remember(key, idempotencyKey, { fingerprint, ...answer });
  return answer;
}

function apiKey(request: FastifyRequest, form: Form): string {
  const header = request.headers.authorization ?? '';
  const [scheme, value = ''] = header.split(' ');
  const key =
    scheme === 'Basic'
      ? Buffer.from(value, 'base64').toString().split(':')[0]!
      : value || (typeof form.key === 'string' ? form.key : '');
  if (key === '')
    throw invalidRequest(
      "You did not provide an API key. You need to provide your API key in the Authorization header, using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
      {},
      401,
    );
  if (!/^(sk|rk|pk)_test_\S+$/.test(key))
    throw invalidRequest(`Invalid API Key provided: ${key.slice(0, 8)}****`, { code: 'api_key_invalid' }, 401);
  return key;
}

const secretKeyNeeded = (key: string): StripeError =>
  invalidRequest(
    `This API call cannot be made with a publishable API key. Please use a secret API key. You used ${key.slice(0, 8)}****.`,
    { code: 'secret_key_required' },
    401,
  );

const unknownUrl = (method: string, path: string): StripeError =>
  invalidRequest(
    `Unrecognized request URL (${method}: ${path}). If you are trying to list objects, remove the trailing slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in your code.`,
    {},
    404,
  );

/** The answer a rule puts in the place of the real one; none for a rule that only delays or cuts. */
function faultError({ status }: FaultRule): StripeError | undefined {
  if (status === undefined) return undefined;
  if (status === 429)
    return new StripeError(429, {
      type: 'invalid_request_error',
      code: 'lock_timeout',
      message:
        'This object cannot be accessed right now because another API request or Stripe process is currently accessing it.',
    });
  if (status >= 500) return new StripeError(status, { type: 'api_error', message: 'An unknown error occurred' });
  return new StripeError(status, { type: 'invalid_request_error', message: `A fault rule answers ${status}` });
}
