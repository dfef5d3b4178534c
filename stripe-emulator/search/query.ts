import { StripeError } from '../errors.js';

/** What is searched, by the names of Stripe's query fields. */
export interface Searchable {
  readonly metadata: Readonly<Record<string, string>>;
  readonly fields: Readonly<Record<string, string | number | boolean | null>>;
}

type Test = (item: Searchable) => boolean;

const CLAUSE =
  /^(-?)(?:metadata\[(?:'([^']+)'|"([^"]+)")\]|([a-z_.]+))(:|>=|<=|>|<)(?:'([^']*)'|"([^"]*)"|(\d+|null|true|false))/;
const JOINT = /^\s+(?:(AND|OR)\s+)?/;

/**
 * Stripe's query language without substrings: `status:'succeeded' AND metadata['orderId']:'x'`. Clauses are joined by AND,
 * by OR, or by nothing, which is AND. https://docs.stripe.com/search#search-query-language
 * @param fields what may be asked for beside metadata
 * @throws StripeError for any other syntax, for AND beside OR, and for any other field
 */
export function parseQuery(query: string, fields: readonly string[]): Test {
  const tests: Test[] = [];
  const joints = new Set<string>();
  for (let rest = query.trim(); ; ) {
    const clause = CLAUSE.exec(rest);
    if (!clause) throw notAQuery(query);
    tests.push(testOf(clause, query, fields));
    rest = rest.slice(clause[0].length);
    if (rest === '') break;
    const joint = JOINT.exec(rest);
    if (!joint) throw notAQuery(query);
    joints.add(joint[1] ?? 'AND');
    rest = rest.slice(joint[0].length);
  }
  if (joints.size > 1) throw refused('You cannot combine AND and OR in the same search query.');
  return joints.has('OR') ? (item) => tests.some((test) => test(item)) : (item) => tests.every((test) => test(item));
}

function testOf(clause: RegExpExecArray, query: string, fields: readonly string[]): Test {
  const [, minus, single, double, field = '', operator = ':', text1, text2, bare = ''] = clause;
  const key = single ?? double;
  const wanted = text1 ?? text2 ?? bare;
  if (key === undefined && !fields.includes(field))
    throw refused(`Field \`${field}\` is an unsupported search field for this resource.`);
  if (operator !== ':' && !/^\d+$/.test(wanted)) throw notAQuery(query);
  const found = (item: Searchable) => (key === undefined ? item.fields[field] : item.metadata[key]) ?? null;
  const isUnquotedNull = bare === 'null';
  const matches: Test = (item) => {
    const value = found(item);
    if (isUnquotedNull || value === null) return isUnquotedNull && value === null;
    return compare[operator]!(value, wanted);
  };
  return minus ? (item) => !matches(item) : matches;
}

/** Text is matched whole and whatever its case. */
const compare: Readonly<Record<string, (value: string | number | boolean, wanted: string) => boolean>> = {
  ':': (value, wanted) => String(value).toLowerCase() === wanted.toLowerCase(),
  '>': (value, wanted) => Number(value) > Number(wanted),
  '<': (value, wanted) => Number(value) < Number(wanted),
  '>=': (value, wanted) => Number(value) >= Number(wanted),
  '<=': (value, wanted) => Number(value) <= Number(wanted),
};

const notAQuery = (query: string): StripeError => refused(`We were unable to parse your search query: ${query}`);

const refused = (reason: string): StripeError =>
  new StripeError(
    400,
    {
      type: 'invalid_request_error',
      param: 'query',
      message: `${reason} See https://stripe.com/docs/search#search-query-language for more information.`,
    },
    false,
  );
