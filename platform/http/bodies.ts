import type { FastifyRequest } from 'fastify';
import type { App } from './app.js';
import { HttpProblem } from './problem.js';

/** Several times the largest cart; a webhook has a limit of its own. */
export const BODY_LIMIT = 65_536;

/** What a service reads of a body: JSON, as it is. No compression is undone: a small body could become a large one. */
export function readBodies(app: App): void {
  app.addHook('onRequest', async (request) => {
    const encoding = request.headers['content-encoding'];
    if (encoding === undefined || encoding.trim().toLowerCase() === 'identity') return;
    throw new HttpProblem({
      status: 415,
      code: 'unsupported-content-encoding',
      title: 'The request cannot be read',
      detail: 'Content-Encoding is not supported: send the body as it is.',
      headers: { 'accept-encoding': 'identity' },
    });
  });
  const parse = app.getDefaultJsonParser('error', 'error');
  app.removeContentTypeParser('application/json');
  app.addContentTypeParser<string>('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '' && mayLackBody(request)) return done(null, undefined);
    return parse(request, body, done);
  });
}

/** Clients that always send a content type send it without a body too. */
function mayLackBody({ routeOptions }: FastifyRequest): boolean {
  const body = routeOptions.schema?.body as { readonly type?: string | readonly string[] } | undefined;
  return body === undefined || (body.type?.includes('null') ?? false);
}
