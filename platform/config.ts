import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { parseEnv } from 'node:util';
import { parseHoldLimits, STANDARD_HOLD_LIMITS } from './hold-limits.js';

/** A value that stops the process: the message is the whole of what a person needs. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Exit code of a process whose configuration is wrong (EX_CONFIG of sysexits.h): starting it again will not help. */
export const EXIT_CONFIG = 78;

interface Variable<T> {
  /** what stands in `.env.example`; undefined means unset */
  readonly example: string | undefined;
  readonly about: string;
  readonly read: (value: string | undefined, name: string) => T;
}

const fail = (name: string, value: string | undefined, want: string): never => {
  throw new ConfigError(
    value === undefined ? `${name} is not set: it must be ${want}.` : `${name} is "${value}": it must be ${want}.`,
  );
};

const integer = (standard: number, min: number, max: number, about: string): Variable<number> => ({
  example: String(standard),
  about,
  read: (value, name) => {
    if (value === undefined) return standard;
    const n = Number(value);
    return /^-?\d+$/.test(value) && n >= min && n <= max
      ? n
      : fail(name, value, `a whole number from ${min} to ${max}`);
  },
});
const optionalInteger = (min: number, max: number, about: string): Variable<number | undefined> => ({
  example: undefined,
  about,
  read: (value, name) => (value === undefined ? undefined : integer(min, min, max, about).read(value, name)),
});
const port = (standard: number, about: string) => integer(standard, 0, 65_535, about);

const oneOf = <const T extends string>(values: readonly [T, ...T[]], about: string): Variable<T> => ({
  example: values[0],
  about: `${about}: ${values.join(' or ')}`,
  read: (value, name) =>
    value === undefined
      ? values[0]
      : (values.find((v) => v === value) ?? fail(name, value, `one of ${values.join(', ')}`)),
});

const flag = (about: string): Variable<boolean> => ({
  example: 'false',
  about: `${about}: false or true`,
  read: (value = 'false', name) => value === 'true' || (value !== 'false' && fail(name, value, 'true or false')),
});

const text = (standard: string, about: string, pattern = /\S/, want = 'some text'): Variable<string> => ({
  example: standard,
  about,
  read: (value, name) => (value === undefined ? standard : pattern.test(value) ? value : fail(name, value, want)),
});
const optional = (about: string, pattern = /\S/, want = 'some text'): Variable<string | undefined> => ({
  example: undefined,
  about,
  read: (value, name) => (value === undefined || pattern.test(value) ? value : fail(name, value, want)),
});
const url = /^https?:\/\/[^\s/]+/;
const postgresUrl = /^postgres(ql)?:\/\/\S+$/;
const hostPort = /^[^\s:,]+:\d{1,5}$/;

/** Only names the variable when it is a secret: its value does not belong in a log. */
const secret = (about: string, pattern: RegExp, want: string): Variable<string> => ({
  example: undefined,
  about,
  read: (value, name) => {
    if (value === undefined) return fail(name, value, want);
    if (!pattern.test(value)) throw new ConfigError(`${name} is not valid: it must be ${want}.`);
    return value;
  },
});

/** Which proxies to believe about their clients: how many there are, or where. Nobody by default. */
const proxies = (about: string): Variable<number | string[] | false> => ({
  example: undefined,
  about,
  read: (value, name) => {
    if (value === undefined) return false;
    if (/^\d{1,2}$/.test(value)) return Number(value);
    const places = value.split(',').map((place) => place.trim());
    const isPlace = (place: string): boolean =>
      ['loopback', 'linklocal', 'uniquelocal'].includes(place) || isNetwork(place);
    return places.every(isPlace)
      ? places
      : fail(name, value, 'a number of proxies, or their addresses and networks separated by commas');
  },
});
const isNetwork = (place: string): boolean => {
  const [address = '', bits = '0', ...more] = place.split('/');
  const version = isIP(address);
  return version > 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
};

/** Stripe's codes and minor units; zero asks of every amount. */
const amounts = (about: string): Variable<Readonly<Record<string, number>> | null> => ({
  example: undefined,
  about,
  read: (value, name) => {
    if (value === undefined) return null;
    const pairs = value.split(',').map((pair) => /^\s*([a-z]{3}):(\d{1,15})\s*$/.exec(pair));
    return Object.fromEntries(
      pairs.map((pair) =>
        pair ? [pair[1], Number(pair[2])] : fail(name, value, 'like usd:50000,jpy:60000, in minor units'),
      ),
    );
  },
});

/** The API's own page of an order. */
const ORDER_PAGE = 'http://127.0.0.1:{PORT}/checkout/{ORDER_ID}?key={ORDER_KEY}';

const saslMechanisms = ['plain', 'scram-sha-256', 'scram-sha-512'] as const;

const variables = {
  NODE_ENV: text('development', 'production or development'),
  LOG_LEVEL: oneOf(['info', 'trace', 'debug', 'warn', 'error', 'fatal', 'silent'], 'least severe level that is logged'),
  HOST: text('127.0.0.1', 'address the services listen on; 0.0.0.0 in a container'),
  PORT: port(5005, 'port of the payment service (the checkout API)'),
  ORDERS_PORT: port(3004, 'port of the orders service'),
  PRODUCTS_PORT: port(3001, 'port of the products service'),
  HEALTH_PORT: port(0, 'port on which the worker or the relay answers /health and /metrics; 0 takes a free one'),
  DATABASE_URL: {
    example: 'postgresql://postgres:postgres@127.0.0.1:5432/holdfast',
    about: 'PostgreSQL, where what is true is kept',
    read: (value, name) => {
      if (value === undefined) return fail(name, value, 'a postgresql:// URL');
      if (!postgresUrl.test(value)) throw new ConfigError(`${name} is not valid: it must be a postgresql:// URL.`);
      return value;
    },
  } satisfies Variable<string>,
  DATABASE_POOL_SIZE: integer(10, 1, 200, 'connections each process keeps'),
  TEMPORAL_ADDRESS: text('127.0.0.1:7233', 'host:port of the Temporal frontend', hostPort, 'host:port'),
  TEMPORAL_NAMESPACE: text('default', 'Temporal namespace'),
  WORKFLOW_BUNDLE: optional(
    'path of the workflow code as `npm run build` bundles it; unset takes dist/workflow-bundle.js',
  ),
  WORKER_BUILD_ID: optional(
    'name of the build that the worker runs; unset names it by its workflow code',
    /^[\w-]{1,64}$/,
    'up to 64 letters, digits, - and _',
  ),
  KAFKA_BROKERS: {
    example: '127.0.0.1:9092',
    about: 'brokers as host:port, separated by commas; empty runs without Kafka and keeps events in the outbox',
    read: (value, name) => {
      const brokers = (value ?? '')
        .split(',')
        .map((b) => b.trim())
        .filter(Boolean);
      for (const broker of brokers)
        if (!hostPort.test(broker)) fail(name, value, 'host:port, several separated by commas');
      return brokers;
    },
  } satisfies Variable<string[]>,
  KAFKA_REPLICATION_FACTOR: integer(1, 1, 15, 'replicas of each topic; 3 in production'),
  KAFKA_MIN_INSYNC_REPLICAS: integer(
    1,
    1,
    15,
    'replicas that must have a record before it counts as written; 2 in production',
  ),
  KAFKA_RETENTION_MS: integer(-1, -1, Number.MAX_SAFE_INTEGER, 'how long topics keep records; -1 is without limit'),
  KAFKA_SSL: flag('TLS to the brokers'),
  KAFKA_SSL_CA: {
    example: undefined,
    about:
      "path of the PEM file with the authority that signed the brokers' certificates; unset trusts Node's own list",
    read: (value, name) =>
      value === undefined || existsSync(value) ? value : fail(name, value, 'the path of a file that is there'),
  } satisfies Variable<string | undefined>,
  KAFKA_SASL_MECHANISM: {
    example: undefined,
    about: `how the brokers are logged in to: ${saslMechanisms.join(' or ')}; unset does not log in`,
    read: (value, name) =>
      value === undefined
        ? undefined
        : (saslMechanisms.find((known) => known === value) ?? fail(name, value, `one of ${saslMechanisms.join(', ')}`)),
  } satisfies Variable<(typeof saslMechanisms)[number] | undefined>,
  KAFKA_SASL_USERNAME: optional('who logs in'),
  KAFKA_SASL_PASSWORD: optional('the password of KAFKA_SASL_USERNAME'),
  STRIPE_SECRET_KEY: secret(
    'secret key of the Stripe account',
    /^(sk|rk)_(test|live)_\S+$/,
    'a Stripe key that begins with sk_ or rk_',
  ),
  STRIPE_WEBHOOK_SECRET: secret(
    'signing secret of the webhook endpoint; several separated by commas while one is rotated',
    /^\s*whsec_[^\s,]+(\s*,\s*whsec_[^\s,]+)*\s*$/,
    'one or more whsec_… secrets separated by commas',
  ),
  STRIPE_API_BASE: text(
    'https://api.stripe.com',
    'where Stripe, or the emulator, answers',
    url,
    'an http:// or https:// URL',
  ),
  CHECKOUT_SUCCESS_URL: text(
    ORDER_PAGE,
    "where Stripe's page sends the customer who has paid, as seen from a browser; {ORDER_ID} stands for the order's id, {ORDER_KEY} for what makes the address of its page unguessable, {PORT} for PORT",
    url,
    'an http:// or https:// URL',
  ),
  CHECKOUT_CANCEL_URL: text(
    ORDER_PAGE,
    "where Stripe's page sends the customer who goes back",
    url,
    'an http:// or https:// URL',
  ),
  STRIPE_WEBHOOK_TOLERANCE_SECONDS: integer(300, 1, 86_400, "how old a webhook's signature may be"),
  JWT_SECRET: optional(
    'HS256 key of access tokens in development, at least 32 characters; leave unset where JWKS_URL is set',
    /^.{32,}$/,
    'at least 32 characters long',
  ),
  JWKS_URL: optional("address of the token issuer's public keys", url, 'an http:// or https:// URL'),
  JWT_ISSUER: optional('the `iss` that tokens must carry'),
  JWT_AUDIENCE: optional('the `aud` that tokens must carry'),
  JWT_MAX_AGE: optionalInteger(
    60,
    31_536_000,
    'the longest life of an access token, from `iat` to `exp`, in seconds; unset sets no limit',
  ),
  RATE_LIMIT_MAX: integer(
    6_000,
    1,
    1_000_000,
    'requests a minute a user, in all replicas together; and refused requests without a user an address',
  ),
  TRUST_PROXY: proxies(
    'the proxies whose X-Forwarded-For is believed: how many stand in front, or their addresses and networks separated by commas; unset believes none',
  ),
  DRAIN_SECONDS: integer(
    5,
    0,
    300,
    'how long a service that is stopped goes on answering after it has said that it is not ready',
  ),
  CHECKOUT_HOLD_SECONDS: integer(1_800, 1, 604_800, 'how long stock is held for a payment'),
  CHECKOUT_OPEN_SECONDS: integer(10, 1, 60, 'how long a checkout request waits before it is answered 503'),
  CAPTURE_METHOD: oneOf(['automatic', 'manual'], 'when money is taken'),
  CAPTURE_EXPIRY: oneOf(['cancel', 'capture'], 'what happens to an authorisation one day before it expires'),
  PAYMENT_FAILURE_POLICY: oneOf(
    ['cancel', 'retry'],
    "after a decline of a payment by client secret; on Stripe's page the customer may always retry",
  ),
  PAYMENT_DECLINES_MAX: integer(
    10,
    1,
    1_000,
    'declines of one payment that may be retried; at the last the order ends',
  ),
  HOLD_LIMITS: {
    example: STANDARD_HOLD_LIMITS,
    about:
      'what one user may hold unpaid: open orders, units of one product, value by currency in minor units, and declined payments an hour; what is not named has no bound',
    read: (value, name) =>
      parseHoldLimits(value ?? STANDARD_HOLD_LIMITS) ??
      fail(name, value, 'like orders:100,units:10000,declines:50,usd:100000000, each once and at least 1'),
  } satisfies Variable<ReturnType<typeof parseHoldLimits>>,
  LATE_PAYMENT_POLICY: oneOf(
    ['refund', 'keep'],
    'money that comes for a cancelled order, where `keep` sells what is still there',
  ),
  UNDO_PATIENCE_SECONDS: integer(900, 1, 604_800, 'how long an undo may fail before an operator is told'),
  APPROVAL_ABOVE: amounts(
    'order totals by currency, in minor units as usd:50000,jpy:60000, above which a second operator agrees to skip or resolve; a currency that is not named always needs one; unset asks for none',
  ),
} as const;

type Variables = typeof variables;
export type Config = { readonly [K in keyof Variables]: ReturnType<Variables[K]['read']> };

/** Names, defaults and meanings in order; `.env.example` is written from it and a test keeps them together. */
export const configVariables = Object.entries(variables).map(([name, { example, about }]) => ({
  name,
  example,
  about,
}));

/** `.env` and `.env.local` of the working directory below the process's own environment. */
function environment(): Record<string, string | undefined> {
  const files = ['.env', '.env.local']
    .filter((file) => existsSync(file))
    .map((file) => parseEnv(readFileSync(file, 'utf8')));
  return Object.assign({}, ...files, process.env);
}

/**
 * Reads and checks every variable once.
 * @throws ConfigError with one sentence that names the first variable that is bad or missing.
 */
export function loadConfig(env: Record<string, string | undefined> = environment()): Config {
  const config = Object.fromEntries(
    Object.entries(variables).map(([name, variable]) => {
      const raw = env[name];
      return [name, variable.read(raw === '' ? undefined : raw, name)];
    }),
  ) as Config;
  checkTogether(config);
  const withPort = (address: string): string => address.replaceAll('{PORT}', String(config.PORT));
  return {
    ...config,
    CHECKOUT_SUCCESS_URL: withPort(config.CHECKOUT_SUCCESS_URL),
    CHECKOUT_CANCEL_URL: withPort(config.CHECKOUT_CANCEL_URL),
  };
}

/** @throws ConfigError for values that are good by themselves and not beside each other */
function checkTogether(config: Config): void {
  if (!config.JWT_SECRET && !config.JWKS_URL)
    throw new ConfigError('JWT_SECRET is not set: it, or JWKS_URL, is needed to check access tokens.');
  const { KAFKA_MIN_INSYNC_REPLICAS: insync, KAFKA_REPLICATION_FACTOR: replicas } = config;
  if (insync > replicas)
    fail('KAFKA_MIN_INSYNC_REPLICAS', String(insync), `at most KAFKA_REPLICATION_FACTOR, which is ${replicas}`);
  if (config.KAFKA_SSL_CA && !config.KAFKA_SSL) fail('KAFKA_SSL', 'false', 'true where KAFKA_SSL_CA is set');
  const login = ['KAFKA_SASL_MECHANISM', 'KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'] as const;
  const given = login.find((name) => config[name] !== undefined);
  const missing = login.find((name) => config[name] === undefined);
  if (given && missing) fail(missing, undefined, `set where ${given} is`);
}
