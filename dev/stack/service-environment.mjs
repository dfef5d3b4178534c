/**
 * What every process of the platform is given: what a person has set, and where the stack's parts are.
 * @param {import('./settings.mjs').Settings} settings
 * @param {object} found
 * @param {import('./local-stack.mjs').Addresses} found.addresses
 * @param {string} found.namespace
 * @param {string | undefined} found.jwtSecret undefined when tokens are checked by JWKS_URL alone
 * @param {string} found.secretKey Stripe's
 * @returns {NodeJS.ProcessEnv}
 */
export function serviceEnvironment({ env, ports }, { addresses, namespace, jwtSecret, secretKey }) {
  return {
    ...env,
    DATABASE_URL: addresses.databaseUrl,
    TEMPORAL_ADDRESS: addresses.temporalAddress,
    TEMPORAL_NAMESPACE: namespace,
    // Empty, not missing: a .env file must not bring back a broker that this stack runs without.
    KAFKA_BROKERS: addresses.kafkaBrokers.join(','),
    STRIPE_API_BASE: addresses.stripeApi,
    STRIPE_SECRET_KEY: secretKey,
    STRIPE_WEBHOOK_SECRET: addresses.webhookSecret,
    ...(jwtSecret ? { JWT_SECRET: jwtSecret } : {}),
    // Nobody balances over one machine's processes, so none has to be unready before it stops.
    DRAIN_SECONDS: env.DRAIN_SECONDS ?? '0',
    PORT: String(ports.payment.port),
    ORDERS_PORT: String(ports.orders.port),
    PRODUCTS_PORT: String(ports.products.port),
  };
}
