import { asyncapi } from '../../events/catalogue/asyncapi.js';
import { publishedSchema, schemaPath } from '../../events/catalogue/definition.js';
import { facts } from '../../events/catalogue/facts.js';
import type { App } from '../../platform/http/server.js';
import { eventDocsPage } from '../event-docs/page.js';

/** The event catalogue: for people, as AsyncAPI, and each schema under the path that records name. Without a token. */
export function docsEventsRoutes(app: App): void {
  const open = { schema: { hide: true }, config: { public: true } } as const;
  const page = eventDocsPage();
  const document = asyncapi();
  app.get('/docs/events', open, (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
  app.get('/docs/events/asyncapi.json', open, () => document);
  for (const fact of Object.values(facts)) {
    const schema = publishedSchema(fact);
    app.get(schemaPath(fact), open, (_request, reply) => reply.type('application/schema+json').send(schema));
  }
}
