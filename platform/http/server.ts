import { randomUUID } from 'node:crypto';
import helmet from '@fastify/helmet';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyError, type FastifyRequest, LogController } from 'fastify';
import type { Config } from '../config.js';
import type { Health } from '../health.js';
import type { Logger } from '../log.js';
import type { Metrics } from '../metrics.js';
import { traceparentFrom, withTrace } from '../trace.js';
import { answerWith, nothingHere } from './answer.js';
import type { App } from './app.js';
import { createAuthenticate } from './auth.js';
import { BODY_LIMIT, readBodies } from './bodies.js';
import { closePromptly } from './close.js';
import { closeWhileDraining, createDrain, type Drain } from './drain.js';
import { healthRoutes } from './health-routes.js';
import { answerBareRequests, answerBrokenBytes, answerBrokenPath } from './malformed.js';
import { HttpProblem, Problem, type ProblemOptions } from './problem.js';
import { registerRateLimits } from './rate-limit.js';
import { validationProblem, validatorCompiler } from './validation.js';

export type { App } from './app.js';

/** A service that can be drained: it says that it is not ready, and goes on answering until it is closed. */
export type Service = App & { readonly drain: Drain };

export interface HttpServerOptions {
  readonly service: string;
  readonly config: Config;
  readonly log: Logger;
  readonly health: Health;
  readonly metrics: Metrics;
  /** how many processes serve this, as the limits on requests are for all of them together; one by default */
  readonly replicas?: () => number;
  /** an error of the service's own as a problem; undefined for those it does not know */
  readonly asProblem?: (error: unknown) => ProblemOptions | undefined;
}

const REQUEST_TIMEOUT_MS = 30_000;

/** The longest id of four-byte characters, percent-encoded, and then some. */
const MAX_PARAM_LENGTH = 2_048;

/**
 * The HTTP frame of every service: access tokens, problems, limits, health, metrics, trace. Routes are added by the
 * caller; nothing listens yet. Routes that need no token say so with `config: { public: true }`.
 */
export async function createHttpServer(options: HttpServerOptions): Promise<Service> {
  const { config, log, metrics } = options;
  const app: App = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    connectionTimeout: 0,
    genReqId: () => randomUUID(),
    forceCloseConnections: 'idle',
    // What was accepted is answered, also while the server closes.
    return503OnClosing: false,
    trustProxy: trustOf(config.TRUST_PROXY),
    http: { requireHostHeader: false },
    routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
    // It has no hooks, so what they count is counted here.
    frameworkErrors: (error, request, reply) => {
      const refuse = (refused: FastifyError) => void answerWith(problemOf(refused, options, request), request, reply);
      countAddress(request, reply).then(() => answerBrokenPath(error, request, reply), refuse);
    },
    clientErrorHandler: answerBrokenBytes,
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.addSchema(Problem);
  app.decorateRequest('user', null);

  const authenticate = createAuthenticate(config);
  // Every later hook and handler of the request runs inside this context.
  app.addHook('onRequest', (request, reply, done) => {
    const header = request.headers.traceparent;
    const traceparent = traceparentFrom(typeof header === 'string' ? header : undefined);
    reply.header('x-request-id', request.id);
    withTrace({ traceparent }, done);
  });
  answerBareRequests(app);
  const { countUser, countAddress } = await registerRateLimits(app, config.RATE_LIMIT_MAX, options.replicas ?? alone);
  // Before the body is read: whatever it costs to refuse a request is counted.
  app.addHook('onRequest', async (request, reply) => {
    const { public: isPublic, unlimited, limitedAs } = request.routeOptions.config;
    if (unlimited || limitedAs) return;
    if (request.is404 || isPublic) return countAddress(request, reply);
    request.user = await authenticate(request);
    await countUser(request, reply);
  });
  const drain = createDrain();
  closeWhileDraining(app, drain);
  closePromptly(app);
  readBodies(app);
  await app.register(helmet, {
    contentSecurityPolicy: {
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:'],
        styleSrc: ["'self'", "'unsafe-inline'"],
        scriptSrc: ["'self'", "'unsafe-inline'"],
        // TLS ends in front of the services; on a machine of one's own there is none to upgrade to.
        upgradeInsecureRequests: null,
      },
    },
  });

  app.setErrorHandler(async (error: FastifyError, request, reply) => {
    let problem = problemOf(error, options, request);
    if (problem.status < 500 && problem.status !== 429 && request.user === null)
      try {
        await countAddress(request, reply);
      } catch (refused) {
        problem = problemOf(refused as HttpProblem, options, request);
      }
    return answerWith(problem, request, reply);
  });
  app.setNotFoundHandler(nothingHere('/docs lists what does.'));

  const durations = metrics.histogram(
    'http_request_duration_seconds',
    'Time to answer, by route',
    [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
    ['method', 'route', 'status'],
  );
  app.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    durations.observe({ method: request.method, route, status: String(reply.statusCode) }, reply.elapsedTime / 1000);
    if (!request.routeOptions.config.unlimited)
      log.info(
        {
          requestId: request.id,
          method: request.method,
          route,
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime),
        },
        'Request answered',
      );
    done();
  });
  await app.register(healthRoutes, { health: options.health, registry: metrics.registry, drain, authenticate });
  return Object.assign(app, { drain });
}

function problemOf(
  error: FastifyError | HttpProblem,
  { asProblem, log }: HttpServerOptions,
  request: FastifyRequest,
): ProblemOptions {
  if (error instanceof HttpProblem) return error.options;
  const known = asProblem?.(error);
  if (known) return known;
  if (error.validation)
    return validationProblem(
      error.validation as Parameters<typeof validationProblem>[0],
      error.validationContext ?? 'request',
    ).options;
  const status = error.statusCode ?? 500;
  if (status < 500)
    return {
      status,
      code: clientCodes[status] ?? 'bad-request',
      title: 'The request cannot be read',
      detail: sentence(error.message),
    };
  log.error({ err: error, requestId: request.id }, 'A request failed in a way nobody foresaw');
  return {
    status: 500,
    code: 'internal',
    title: 'Something went wrong here',
    detail: `It is not your request. Quote ${request.id} to support.`,
  };
}

const clientCodes: Readonly<Record<number, string>> = {
  413: 'body-too-large',
  415: 'unsupported-media-type',
  429: 'too-many-requests',
};
const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);

const alone = (): number => 1;

/** Fastify counts proxies from the nearest: https://fastify.dev/docs/latest/Reference/Server/#trustproxy */
const trustOf = (proxies: Config['TRUST_PROXY']) =>
  typeof proxies === 'number' ? (_address: string, hop: number) => hop < proxies : proxies;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** needs no access token */
    public?: boolean;
    /** neither limited nor logged: probes and scrapes */
    unlimited?: boolean;
    /** limited only when it is refused, by address, apart from other things of that address */
    limitedAs?: 'webhook';
  }
}
