/** What a document lacks after its routes have described themselves: names for its schemas, and the refusals that all have. */
type Json = Record<string, unknown>;

interface Operation {
  readonly summary?: string;
  readonly security?: readonly unknown[];
  readonly parameters?: { readonly in: string; required?: boolean; readonly schema?: Json }[];
  readonly requestBody?: { required?: boolean; readonly content: Record<string, { readonly schema: Json }> };
  responses: Json;
}

export interface Document {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { schemas: Record<string, Json>; responses?: Json };
}

/** @param answers every refusal by its status. @throws Error where two schemas have one name */
export function complete(document: Document, answers: Readonly<Record<string, unknown>>): Document {
  for (const [path, operations] of Object.entries(document.paths))
    for (const operation of Object.values(operations)) completeOperation(operation, path);
  nameSchemas(document);
  document.components.responses = Object.fromEntries(
    Object.entries(answers).map(([status, answer]) => [nameOf(status), answer]),
  );
  return document;
}

const nameOf = (status: string): string => `Refused${status}`;

function completeOperation(operation: Operation, path: string): void {
  const { summary, security, parameters = [], requestBody, responses } = operation;
  // The validator fills in what has a default.
  for (const parameter of parameters) if (parameter.schema && 'default' in parameter.schema) parameter.required = false;
  for (const [status, response] of Object.entries(responses))
    responses[status] = withDescription(status, response as Json, summary);
  const hasBody = requestBody !== undefined;
  if (requestBody) requestBody.required = !Object.values(requestBody.content).some(({ schema }) => mayBeNull(schema));
  const refused = [
    400,
    ...(security?.length === 0 ? [] : [401]),
    ...(hasBody ? [413] : []),
    ...(path.includes('{') ? [414] : []),
    415,
    ...(security?.length !== 0 && (hasBody || parameters.length > 0) ? [422] : []),
    429,
    503,
    ...Object.keys(responses)
      .map(Number)
      .filter((status) => status >= 400),
  ];
  for (const status of refused) responses[status] = { $ref: `#/components/responses/${nameOf(String(status))}` };
}

/** @fastify/swagger writes this where a schema has no description. */
const withDescription = (status: string, response: Json, summary = ''): Json =>
  response.description === 'Default Response'
    ? { ...response, description: status === '202' ? 'It is under way, and stands.' : `${summary}.` }
    : response;

const mayBeNull = ({ type }: Json): boolean => Array.isArray(type) && type.includes('null');

/** Moves every schema that has a title to the document's own, and leaves a reference in its place. */
function nameSchemas({ paths, components }: Document): void {
  const named = new Map<string, string>();
  const visit = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== 'object' || value === null) return value;
    const { title, ...rest } = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, visit(inner)]));
    if (typeof title !== 'string') return title === undefined ? rest : { title, ...rest };
    const text = JSON.stringify(rest);
    if ((named.get(title) ?? text) !== text) throw new Error(`Two schemas are named ${title}.`);
    named.set(title, text);
    components.schemas[title] = rest;
    return { $ref: `#/components/schemas/${title}` };
  };
  for (const [name, schema] of Object.entries(components.schemas)) components.schemas[name] = visit(schema) as Json;
  for (const [path, operations] of Object.entries(paths)) paths[path] = visit(operations) as Record<string, Operation>;
}
