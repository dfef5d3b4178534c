/** Prisma's codes for a server that cannot be reached: https://www.prisma.io/docs/orm/reference/error-reference */
const codes = ['P1001', 'P1002', 'P1008', 'P1017', 'P2024', 'P2037', 'ECONNREFUSED', 'ECONNRESET'];
/** What Prisma and the driver say; SQLSTATEs of a server that goes down, comes up or has no room: https://www.postgresql.org/docs/current/errcodes-appendix.html */
const words =
  /57P0[123]|\b08\d{3}\b|53300|ECONNREFUSED|ECONNRESET|Connection terminated|timeout exceeded when trying to connect|DatabaseNotReachable|ConnectionClosed|SocketTimeout|TooManyConnections|starting up|Unable to start a transaction in the given time/;

/** True when the database is away or on its way, so that the same statement may work later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ('code' in error && codes.includes(String(error.code))) return true;
  return words.test(`${error.message} ${'meta' in error ? JSON.stringify(error.meta) : ''}`);
}
