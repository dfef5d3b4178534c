import { setTimeout as delay } from 'node:timers/promises';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { checkedVersion } from './api-version.js';
import { registerControls } from './controls.js';
import type { Emulator } from './emulator.js';
import { errorAnswer, invalidRequest, StripeError } from './errors.js';
import { type FaultRule, faultError } from './faults.js';
import { type Form, parseForm, parseJson } from './form.js';
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

const FORM = 'application/x-www-form-urlencoded';
/** Stripe's headers for pages of other origins, Stripe.js above all. */
const openToBrowsers = {
  'access-control-allow-credentials': 'true',
  'access-control-allow-methods': 'GET, HEAD, PUT, PATCH, POST, DELETE',
  'access-control-allow-origin': '*',
  'access-control-expose-headers': 'Request-Id, Stripe-Manage-Version, Stripe-Should-Retry',
  'access-control-max-age': '300',
};

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
  app.setReplySerializer((payload) => JSON.stringify(payload, null, 2));
  app.addHook('onRequest', async ({ method, url, headers }, reply) => {
    if (!/^\/v[12]\//.test(url)) return;
    void reply.headers(openToBrowsers);
    if (method !== 'OPTIONS') return;
    const asked = headers['access-control-request-headers'];
    await reply
      .code(200)
      .headers(asked ? { 'access-control-allow-headers': asked } : {})
      .send();
  });
  for (const version of ['v1', 'v2']) app.all(`/${version}/*`, (request, reply) => serve(emulator, request, reply));
  app.setErrorHandler((error, _request, reply) =>
    error instanceof StripeError ? reply.code(error.status).send(errorAnswer(error, newId('req'))) : reply.send(error),
  );
  app.setNotFoundHandler((request, reply) =>
    reply.code(404).send(errorAnswer(unknownUrl(request.method, request.url), newId('req'))),
  );
  return app;
}

/** @throws StripeError for a body that Stripe would not read as parameters */
function formOf({ url, body, headers }: FastifyRequest, search: string): Form {
  const text = typeof body === 'string' ? body : '';
  const query = search.slice(1);
  if (url.startsWith('/v2/')) return { ...parseForm(query), ...parseJson(text) };
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase() ?? FORM;
  if (text !== '' && type !== FORM)
    throw invalidRequest(
      `Invalid request (check that your POST content type is ${FORM}, and not ${type}). If you have any questions, we can help at https://support.stripe.com/.`,
    );
  return parseForm([query, text].filter((part) => part !== '').join('&'));
}

async function serve(emulator: Emulator, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { pathname, search } = new URL(request.url, 'http://stripe');
  const form = formOf(request, search);
  const header = request.headers['idempotency-key'];
  const idempotencyKey = request.method === 'POST' && typeof header === 'string' ? header : null;
  const seen = { at: new Date().toISOString(), method: request.method, path: pathname, params: form, idempotencyKey };
  const cut = (): void => {
    emulator.record({ ...seen, status: null, replayed: false, answer: null });
    reply.hijack();
    request.raw.socket.destroy();
  };
  const requestId = newId('req');
  const asked = request.headers['stripe-version'];
  const version = typeof asked === 'string' ? asked : emulator.apiVersion;

  const before = emulator.faults.strike('before', request.method, pathname);
  if (before?.latencyMs) await delay(before.latencyMs);
  if (before?.cut) return cut();
  const struck = (before && faultError(before)) ?? emulator.rateLimit.take();

  let answer: Answer;
  let after: FaultRule | undefined;
  let releaseKey: (() => void) | undefined;
  if (struck) answer = { status: struck.status, body: errorAnswer(struck, requestId), requestId, replayed: false };
  else
    try {
      answer = act(emulator, request, {
        pathname,
        form,
        version,
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
      'stripe-version': version,
      ...(idempotencyKey ? { 'idempotency-key': idempotencyKey } : {}),
      ...(answer.replayed ? { 'idempotent-replayed': 'true', 'original-request': answer.requestId } : {}),
      ...retryAdvice(answer),
    })
    .send(answer.body);
}

/** What Stripe says of another try: https://docs.stripe.com/error-low-level. Of a 5xx it leaves that to the client. */
function retryAdvice({ status, body }: Answer): Record<string, string> {
  const { code } = ((body as { error?: { code?: string } }).error ?? {}) as { code?: string };
  if (code === 'rate_limit') return { 'stripe-should-retry': 'false', 'stripe-rate-limited-reason': 'global-rate' };
  if (status === 429 || status === 409) return { 'stripe-should-retry': 'true' };
  return status < 500 ? { 'stripe-should-retry': 'false' } : {};
}

interface Act {
  readonly pathname: string;
  readonly form: Form;
  readonly version: string;
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
  { pathname, form, version, idempotencyKey, requestId, strikeAfter, onKeyTaken }: Act,
): Answer {
  const failed = (error: unknown): Answer => {
    if (!(error instanceof StripeError)) throw error;
    return { status: error.status, body: errorAnswer(error, requestId), requestId, replayed: false };
  };
  let key: string;
  try {
    key = apiKey(request, form);
    checkedVersion(version);
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
      body: run(found.route, { emulator, id: found.id, form, isPublic, version }),
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
