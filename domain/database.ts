import { createHash } from 'node:crypto';
import { PrismaPg } from '@prisma/adapter-pg';
import { Prisma, PrismaClient } from '../prisma/generated/client.js';
import { withLanes } from './inventory/lanes.js';

export { Prisma };
export type Database = PrismaClient;

export interface DatabaseOptions {
  readonly url: string;
  /** connections kept; 10 beat 20 on two cores under 64 callers */
  readonly poolSize?: number;
  /** a role to work under, which sees less than the one that logs in */
  readonly role?: string;
  /** shows in pg_stat_activity */
  readonly application: string;
  /** its statements may take as long as they need: for commands that read or change much at once */
  readonly isPatient?: boolean;
  /** called with the text of each statement that is sent; for counting in tests */
  readonly onStatement?: (sql: string) => void;
}

/**
 * No statement keeps its connection for longer than whoever asked for it waits. A lock is waited for briefly: others may need
 * the connection for something that is not locked. https://www.postgresql.org/docs/current/runtime-config-client.html
 */
const timeouts = '-c lock_timeout=1000 -c statement_timeout=15000 -c idle_in_transaction_session_timeout=15000';

/**
 * A client with prepared statements: the driver adapter leaves them off, and on the hot statements they are worth a third.
 * Names are made from the text, so each connection prepares each statement once.
 */
export function openDatabase(options: DatabaseOptions): Database {
  const { url, poolSize = 10, role, application, isPatient = false, onStatement } = options;

  const names = new Map<string, string>();
  const nameOf = (sql: string): string => {
    let name = names.get(sql);
    if (!name) {
      if (names.size >= 500) names.clear(); // ORM reads vary their text; a bound keeps the map from growing for ever
      name = createHash('sha1').update(sql).digest('base64url');
      names.set(sql, name);
    }
    return name;
  };
  const adapter = new PrismaPg(
    {
      connectionString: url,
      max: poolSize,
      application_name: application,
      connectionTimeoutMillis: 5_000,
      options: [...(role ? [`-c role=${role}`] : []), ...(isPatient ? [] : [timeouts])].join(' '),
    },
    {
      statementNameGenerator: ({ sql }) => {
        onStatement?.(sql);
        return nameOf(sql);
      },
    },
  );
  return withLanes(new PrismaClient({ adapter }));
}

/**
 * Proves that the database takes writes: a transaction id is given out and committed, which a standby refuses, and the session
 * is not set to read only. @throws when it is away or takes none
 */
export async function probeWritable(db: Database): Promise<void> {
  const [row] = await db.$queryRaw<{ read_only: string }[]>`
    SELECT current_setting('transaction_read_only') AS read_only, pg_current_xact_id()::text AS id`;
  if (row?.read_only !== 'off') throw new Error('The database takes no writes: it is read only.');
}

/** True when a statement was refused by a unique constraint. https://www.prisma.io/docs/orm/reference/error-reference */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof Prisma.PrismaClientKnownRequestError &&
  (error.code === 'P2002' || /23505/.test(JSON.stringify(error.meta)));
