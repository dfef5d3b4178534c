/** Arrows go one way. A room lets others in by its files' exports; who may knock is written here. */
const room = (name) => `^${name}/`;
const only = (name, from, allowed, comment) => ({
  name,
  comment,
  severity: 'error',
  from: { path: from },
  to: { pathNot: allowed },
});

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    { name: 'no-unresolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
    only(
      'contract-imports-nothing',
      room('contract'),
      ['^contract/'],
      'everyone may import it because it imports nothing',
    ),
    only(
      'workflows-are-deterministic',
      room('workflows'),
      ['^workflows/', '^contract/', '^activities/', 'node_modules/@temporalio/workflow'],
      'workflow code sees the workflow SDK and the contract; activities as types only, which oxlint checks',
    ),
    {
      name: 'domain-knows-the-business-only',
      comment: 'no Temporal, Fastify, Kafka or Stripe in the domain',
      severity: 'error',
      from: { path: room('domain') },
      to: {
        path: [
          'node_modules/(@temporalio|@?fastify|kafkajs|stripe)',
          '^(api|activities|workflows|workers|downstream|stripe|platform|events/transport)/',
        ],
      },
    },
    {
      name: 'stripe-sdk-in-one-room',
      severity: 'error',
      from: { pathNot: ['^stripe/', '^test/', '^dev/'] },
      to: { path: 'node_modules/stripe/' },
    },
    {
      name: 'kafkajs-in-one-room',
      severity: 'error',
      from: { pathNot: ['^events/transport/', '^test/', '^dev/'] },
      to: { path: 'node_modules/kafkajs/' },
    },
    only(
      'emulator-stands-alone',
      room('stripe-emulator'),
      ['^stripe-emulator/', 'node_modules/', '^node:', '^[a-z_/]+$'],
      'it is of use without the platform',
    ),
    {
      name: 'nothing-leans-on-tests',
      severity: 'error',
      from: { pathNot: '^(test|dev|bench)/' },
      to: { path: '^(test|dev|bench)/' },
    },
    {
      name: 'api-does-not-act',
      severity: 'error',
      from: { path: room('api') },
      to: { path: '^(activities|workflows|workers|downstream/(orders|products))/' },
    },
    {
      name: 'downstream-hears-facts-only',
      severity: 'error',
      from: { path: '^downstream/(orders|products)/' },
      to: { path: '^(api|activities|workflows|workers|stripe)/' },
    },
    {
      name: 'platform-carries',
      severity: 'error',
      from: { path: room('platform') },
      to: { path: '^(api|activities|workflows|workers|downstream|stripe|events)/' },
    },
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
