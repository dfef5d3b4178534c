import { expect, test } from 'vitest';
import { breaksBetween, type Promised } from '../../events/catalogue/compatibility.js';
import type { JsonSchema } from '../../events/catalogue/definition.js';
import { catalogueFiles, promisedIn } from '../../events/catalogue/files.js';

interface Node extends JsonSchema {
  enum?: unknown[];
  required?: string[];
  properties?: Record<string, Node>;
  items?: Node;
  minimum?: number;
}
type Catalogue = { version: string; facts: Record<string, { version: number; schema: Node; headers: Node }> };

const released = promisedIn('1.0.0', catalogueFiles());

/** The catalogue of tomorrow: today's with one change. */
function after(change: (order: Node, catalogue: Catalogue) => void): Promised {
  const tomorrow = structuredClone(released) as Catalogue;
  tomorrow.version = '1.1.0';
  change(tomorrow.facts['order.created']?.schema ?? {}, tomorrow);
  return tomorrow;
}
/** A field of a schema, by its path; items are under `items`. */
const at = (schema: Node, ...path: string[]): Node =>
  path.reduce<Node>((node, name) => (name === '[]' ? node.items : node.properties?.[name]) ?? {}, schema);

test.each<[string, (order: Node, catalogue: Catalogue) => void]>([
  ['an optional field is new', (order) => Object.assign(order.properties ?? {}, { note: { type: 'string' } })],
  [
    'an optional field deep inside is new',
    (order) => Object.assign(at(order, 'items', '[]').properties ?? {}, { gift: { type: 'boolean' } }),
  ],
  ['a topic is new', (_order, { facts }) => Object.assign(facts, { 'order.shipped': facts['order.updated'] })],
  ['a description is clearer', (order) => Object.assign(at(order, 'status'), { description: 'Where the order is.' })],
  [
    'values and required fields stand in another order',
    (order) => [at(order, 'status').enum?.reverse(), order.required?.reverse()],
  ],
  ['an optional field is told no more', (order) => delete order.properties?.reason],
])('readers stay with us when %s', (_what, change) => {
  expect(breaksBetween(released, after(change))).toEqual([]);
});

test.each<[string, (order: Node, catalogue: Catalogue) => void, string]>([
  [
    'a required field is gone',
    (order) => {
      delete order.properties?.total;
      order.required = order.required?.filter((name) => name !== 'total') ?? [];
    },
    'order.created: total is gone, and 1.0.0 promised it',
  ],
  [
    'a required field becomes optional',
    (order) => {
      order.required = order.required?.filter((name) => name !== 'userId') ?? [];
    },
    'order.created: userId may be missing, and 1.0.0 promised it',
  ],
  [
    'an optional field becomes required',
    (order) => order.required?.push('reason'),
    'order.created: reason is required, and records of 1.0.0 may lack it',
  ],
  [
    'a required field deep inside is gone',
    (order) => {
      at(order, 'items', '[]', 'price').required = ['minor'];
      delete at(order, 'items', '[]', 'price').properties?.currency;
    },
    'order.created: items[].price.currency is gone, and 1.0.0 promised it',
  ],
  [
    'a list of values grows',
    (order) => at(order, 'status').enum?.push('SHIPPED'),
    'order.created: status may be SHIPPED, which readers of 1.0.0 do not know',
  ],
  [
    'a list of values shrinks',
    (order) => at(order, 'paymentStatus').enum?.pop(),
    'order.created: paymentStatus is never DISPUTED, and records of 1.0.0 may be',
  ],
  [
    'a type changes',
    (order) => Object.assign(at(order, 'total', 'minor'), { type: 'string' }),
    'order.created: total.minor has another type: "string", and 1.0.0 promised "integer"',
  ],
  [
    'a bound moves',
    (order) => Object.assign(at(order, 'items', '[]', 'quantity'), { minimum: 0 }),
    'order.created: items[].quantity has another minimum: 0, and 1.0.0 promised 1',
  ],
  [
    'what may be null may not, or the other way round',
    (order) => Object.assign(at(order, 'reason'), { anyOf: [{ type: 'string' }] }),
    'order.created: reason has another anyOf: [{"type":"string"}], and 1.0.0 promised [{"type":"string"},{"type":"null"}]',
  ],
  [
    'a list of values closes what was open',
    (order) => Object.assign(at(order, 'userId'), { enum: ['someone'] }),
    'order.created: userId has another enum: ["someone"], and 1.0.0 promised none',
  ],
  [
    'no further fields are allowed',
    (order) => Object.assign(order, { additionalProperties: false }),
    'order.created: the value has another additionalProperties: false, and 1.0.0 promised none',
  ],
  [
    'a header may be missing',
    (_order, { facts }) => facts['order.created']?.headers.required?.shift(),
    'order.created, headers: ce_specversion may be missing, and 1.0.0 promised it',
  ],
  [
    'a topic is gone',
    (_order, { facts }) => delete facts['order.created'],
    'order.created: is no longer told, and readers of 1.0.0 wait for it',
  ],
  [
    "a fact's version rises and the catalogue's first number does not",
    (_order, { facts }) => Object.assign(facts['order.created'] ?? {}, { version: 2 }),
    'order.created: is version 2, and readers of 1.0.0 read version 1',
  ],
])('readers are left behind when %s', (_what, change, sentence) => {
  expect(breaksBetween(released, after(change))).toEqual([sentence]);
});

test('with a new first number a fact may change, if its own version says so', () => {
  const grown = (version: number): Promised =>
    after((order, catalogue) => {
      catalogue.version = '2.0.0';
      at(order, 'status').enum?.push('SHIPPED');
      Object.assign(catalogue.facts['order.created'] ?? {}, { version });
    });
  expect(breaksBetween(released, grown(2))).toEqual([]);
  expect(breaksBetween(released, grown(1))).toHaveLength(1);
});
