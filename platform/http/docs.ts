import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { App } from './app.js';
import { complete, type Document } from './document.js';

/** What a service's document says of it as a whole. */
export interface ApiDescription {
  readonly title: string;
  readonly description: string;
  /** each group of operations, and what it is for */
  readonly tags: Readonly<Record<string, string>>;
}

const header = (description: string, example: string, required = false) => ({
  description,
  required,
  schema: { type: 'string' },
  example,
});
const retryAfter = { 'Retry-After': header('seconds to wait before the same request', '5') };
const answer = (description: string, headers: Record<string, unknown> = {}) => ({
  description,
  headers,
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
});

/** Every refusal, said once. The frame of the services gives most of them by itself. */
const answers = {
  400: answer('The request cannot be read, or is not of the right form.'),
  401: answer('No valid access token came with the request.', {
    'WWW-Authenticate': header('RFC 6750', 'Bearer error="invalid_token"', true),
  }),
  403: answer('The user of the access token may not do this.'),
  404: answer('There is no such thing, or it belongs to somebody else.'),
  409: answer('The present state does not allow it.'),
  413: answer('The body is too large: 64 KiB is the limit, 1 MiB for a webhook.'),
  414: answer('The path is too long.'),
  415: answer('The body is not JSON, or it is compressed.', {
    'Accept-Encoding': header('how a body may be encoded', 'identity'),
  }),
  422: answer('A value is outside its limits, or contradicts what is true.'),
  429: answer('Too many requests were sent, or too much is asked for at once.', retryAfter),
  503: answer('Something that is needed is away. Nothing is promised: send the same request again.', retryAfter),
} as const;

/** The refusals that a route gives beside those of the frame, for its `response`. */
export const refuses = (...statuses: readonly (keyof typeof answers)[]): object =>
  Object.fromEntries(statuses.map((status) => [status, { description: answers[status].description, type: 'null' }]));

/** The OpenAPI document of a service at `/docs/json`, and its page at `/docs`. Only routes that come after it are in it. */
export async function documentApi(app: App, { title, description, tags }: ApiDescription): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: { title, description, version: '1.0.0', license: { name: 'MIT', identifier: 'MIT' } as { name: string } },
      servers: [{ url: '/', description: 'The service that this document comes from' }],
      tags: Object.entries(tags).map(([name, purpose]) => ({ name, description: purpose })),
      security: [{ bearer: [] }],
      components: {
        securitySchemes: {
          bearer: {
            type: 'http',
            scheme: 'bearer',
            bearerFormat: 'JWT',
            description: 'An access token. Its claim `sub` names the user; `role` is `operator` for operators.',
          },
        },
      },
    },
    refResolver: {
      buildLocalReference: (json, _base, _fragment, i) => (typeof json.$id === 'string' ? json.$id : `def-${i}`),
    },
    transformObject: (made) => {
      if (!('openapiObject' in made)) return made.swaggerObject;
      complete(made.openapiObject as unknown as Document, answers);
      return made.openapiObject;
    },
  });
  // Hooks see only the routes that come after them.
  app.addHook('onRoute', (route) => {
    if (route.url.startsWith('/docs')) route.config = { ...route.config, public: true };
  });
  await app.register(swaggerUi, { routePrefix: '/docs' });
}

/** How a route introduces itself: a name for generated clients, a line and a paragraph. @param tag one of the document's */
export const operationsOf = (tag: string) => (operationId: string, summary: string, description: string) => ({
  operationId,
  summary,
  description,
  tags: [tag],
});
