import { type FactDefinition, publishedSchema, type Service } from './definition.js';
import { facts } from './facts.js';
import { headersOf } from './headers.js';
import { sampleRecord } from './sample-record.js';
import { partitions } from './topics.js';
import { catalogueVersion } from './version.js';

const services: Readonly<Record<Service, string>> = {
  order: "The checkout's order logic.",
  payment: "The checkout's payment logic and API; consumer group `payment-service-group`.",
  products: "The products' logic and read model; consumer group `products-service-group`.",
  orders: 'The read model of orders; consumer group `order-service-group`.',
};

const all: readonly FactDefinition[] = Object.values(facts);

/** The catalogue as an AsyncAPI 3.0 document: https://www.asyncapi.com/docs/reference/specification/v3.0.0 */
export const asyncapi = () => ({
  asyncapi: '3.0.0',
  info: {
    title: 'Holdfast facts',
    version: catalogueVersion,
    description:
      'What became true about orders, payments and stock, told on Kafka: at least once, and in the order of `ce_sequence` ' +
      'for each key. Across topics the facts of an order may come in any order.',
    tags: Object.entries(services).map(([name, description]) => ({ name, description })),
  },
  defaultContentType: 'application/json',
  channels: keyed(all, channelOf),
  operations: Object.assign({}, ...all.map(operationsOf)) as Record<string, ReturnType<typeof operation>>,
  components: {
    messages: keyed(all, messageOf),
    schemas: keyed(all, publishedSchema),
  },
});

const keyed = <T>(of: readonly FactDefinition[], make: (fact: FactDefinition) => T): Record<string, T> =>
  Object.fromEntries(of.map((fact) => [fact.topic, make(fact)]));

const channelOf = ({ topic, title, told }: FactDefinition) => ({
  address: topic,
  title,
  description: told,
  messages: { [topic]: { $ref: `#/components/messages/${topic}` } },
  bindings: { kafka: { topic, partitions, bindingVersion: '0.5.0' } },
});

function messageOf(fact: FactDefinition) {
  const { topic, title, told, key } = fact;
  const { headers, value } = sampleRecord(fact);
  return {
    name: topic,
    title,
    summary: told,
    contentType: 'application/json',
    headers: headersOf(fact),
    payload: { $ref: `#/components/schemas/${topic}` },
    correlationId: { location: '$message.header#/correlationid' },
    bindings: { kafka: { key: { type: 'string', description: `the ${key}` }, bindingVersion: '0.5.0' } },
    examples: [{ name: topic, headers, payload: value }],
  };
}

const operationsOf = (fact: FactDefinition) => ({
  [`${fact.toldBy}.send.${fact.topic}`]: operation(fact, 'send', fact.toldBy),
  ...Object.fromEntries(
    fact.heardBy.map((service) => [`${service}.receive.${fact.topic}`, operation(fact, 'receive', service)]),
  ),
});

const operation = ({ topic }: FactDefinition, action: 'send' | 'receive', service: Service) => ({
  action,
  channel: { $ref: `#/channels/${topic}` },
  messages: [{ $ref: `#/channels/${topic}/messages/${topic}` }],
  tags: [{ name: service }],
});
