/** Arrows go one way. What a room may import is a closed list; docs/architecture.md shows the same table, and a test compares the two. */
const rooms = require('./dev/rooms.json');

const all = [...Object.keys(rooms), 'bench', 'dev', 'test'];
const anyOf = (names) => `^(${names.join('|')})/`;

/** Packages that one place alone imports, so that another one can take their place. */
const inOneRoom = (name, home, modules) => ({
  name,
  severity: 'error',
  from: { pathNot: [home, '^(bench|dev|simulator|test)/'] },
  to: { path: modules },
});

module.exports = {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    ...Object.entries(rooms).map(([room, allowed]) => ({
      name: `${room}-imports-its-list-only`,
      severity: 'error',
      from: { path: anyOf([room]) },
      to: { path: anyOf(all.filter((other) => other !== room && !allowed.includes(other))) },
    })),
    {
      name: 'workflows-are-deterministic',
      comment: 'workflow code sees the workflow SDK and the contract; activities as types only, which oxlint checks',
      severity: 'error',
      from: { path: anyOf(['workflows']) },
      to: { pathNot: [anyOf(['workflows', 'contract', 'activities']), 'node_modules/@temporalio/workflow'] },
    },
    {
      name: 'contract-imports-nothing',
      severity: 'error',
      from: { path: anyOf(['contract']) },
      to: { pathNot: ['^contract/'] },
    },
    {
      name: 'domain-knows-the-business-only',
      comment: 'no Temporal, Fastify, Kafka or Stripe, and of events the facts and not their transport',
      severity: 'error',
      from: { path: anyOf(['domain', 'operations']) },
      to: { path: ['node_modules/(@temporalio|@?fastify|kafkajs|stripe)', '^events/(consumer|transport)/'] },
    },
    {
      name: 'read-models-see-facts-only',
      comment: 'the orders and products services know of the domain its database, money and texts',
      severity: 'error',
      from: { path: '^downstream/(orders|products)/' },
      to: { path: '^domain/[^/]+/' },
    },
    inOneRoom('stripe-sdk-in-one-room', '^stripe/', 'node_modules/stripe/'),
    inOneRoom('kafkajs-in-one-room', '^events/transport/', 'node_modules/kafkajs/'),
  ],
  options: {
    parser: 'swc',
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|prisma/generated)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.mjs'],
      conditionNames: ['import', 'node', 'default'],
      exportsFields: ['exports'],
    },
    moduleSystems: ['es6'],
  },
};
