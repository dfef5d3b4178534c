/**
 * SQLSTATEs that say "not now": the same statement may work later, and nothing is wrong with it. Whole classes first.
 * https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const notNow = [
  /^08/, // connection exceptions
  /^40/, // rolled back: serialization failure, deadlock
  /^53/, // no disk, memory or connections left
  /^57(014|P0[1235])$/, // ended by a time-out, an administrator, a crash or an idle session's time; starting up
  /^58/, // errors of the system under it, such as input and output
  /^25(006|P0[34])$/, // read only, as after a failover; a transaction that was idle or lasted too long
  /^55(006|P03)$/, // somebody else holds it
];
/** Prisma's codes for the same: https://www.prisma.io/docs/orm/reference/error-reference */
const codes = ['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2028', 'P2034', 'P2037'];
/** Node's codes for a server that cannot be reached. */
const sockets = /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN)$/;
/** What the driver and its adapter say without a code. */
const words =
  /Connection terminated|timeout exceeded when trying to connect|DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections|TransactionWriteConflict|Unable to start a transaction in the given time/;

/**
 * True when the database cannot do now what it may do later: it is away, on its way, full, read only, or others are in the
 * way. Whoever waits and tries again loses nothing. Looks into what Prisma and its adapter wrap.
 */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return codesIn(error).some(isNotNow) || words.test(error.message);
}

const isNotNow = (code: string): boolean =>
  codes.includes(code) || sockets.test(code) || (code.length === 5 && notNow.some((pattern) => pattern.test(code)));

/** Prisma keeps a driver's error under `meta`, the driver's under `cause`, and calls its code `originalCode`. */
function codesIn(value: unknown, depth = 0): string[] {
  if (typeof value !== 'object' || value === null || depth > 6) return [];
  const { code, originalCode, kind, cause, meta, driverAdapterError, errors } = value as Record<string, unknown>;
  const own = [code, originalCode].filter((text) => typeof text === 'string');
  const named = typeof kind === 'string' && words.test(kind) ? ['P1001'] : [];
  const inner = [cause, meta, driverAdapterError, ...(Array.isArray(errors) ? (errors as unknown[]) : [])];
  return [...own, ...named, ...inner.flatMap((each) => codesIn(each, depth + 1))];
}
