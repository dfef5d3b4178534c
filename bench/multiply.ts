import pg from 'pg';

/** Ids that the provider or this platform gave out, besides the order's own. */
const GIVEN_OUT = '(?:pi|ch|py|txn|evt|pay|re)_[A-Za-z0-9]{8,}';
const AT_ONCE = 2;
const MARK = '~';

/**
 * Makes copies of an order: each of its rows, in every table that names it, with ids of their own and so many times `everyMs`
 * older as the copy's number says. Set-based, without triggers and foreign keys: the rows are copies of rows that met them.
 * What waited in the outbox is copied into its archive.
 * @param orderId contains no character that means something in a regular expression
 */
export async function multiply(databaseUrl: string, orderId: string, copies: number, everyMs: number): Promise<void> {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: AT_ONCE,
    options: '-c session_replication_role=replica -c synchronous_commit=off',
  });
  try {
    const { rows: tables } = await pool.query<{ name: string; columns: Record<string, string> }>(
      `SELECT c.relname AS name, jsonb_object_agg(a.attname, format_type(a.atttypid, NULL)) AS columns
         FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace GROUP BY c.relname`,
    );
    const names = new RegExp(`${orderId}|${GIVEN_OUT}`, 'g');
    const jobs: string[] = [];
    for (const { name, columns } of tables) {
      const texts = Object.keys(columns).map((column) => `"${column}"::text`);
      const { rows } = await pool.query<Record<string, string | null>>(`SELECT ${texts.join(', ')} FROM "${name}"`);
      for (const row of rows) {
        if (!Object.values(row).some((value) => value?.includes(orderId))) continue;
        const values = Object.entries(columns).map(([column, type]) =>
          copied(name, column, type, row[column] ?? null, names),
        );
        const into = name === 'outbox' ? 'outbox_archive' : name;
        const list = Object.keys(columns).map((column) => `"${column}"`);
        jobs.push(
          `INSERT INTO "${into}" (${list.join(', ')}) SELECT ${values.join(', ')} FROM generate_series(1, ${copies}) n`,
        );
      }
    }
    const lane = async (): Promise<void> => {
      for (let job = jobs.pop(); job !== undefined; job = jobs.pop()) await pool.query(job);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    await pool.query('VACUUM ANALYZE');
  } finally {
    await pool.end();
  }

  function copied(table: string, column: string, type: string, value: string | null, names: RegExp): string {
    if (value === null) return 'NULL';
    // What events said is only read by a person who looks at one: ten kilobytes an order.
    if (table === 'webhook_inbox' && column === 'payload') return `'{}'::jsonb`;
    const marked = value.replace(names, `$&${MARK}`);
    const quoted = pg.escapeLiteral(marked);
    if (marked !== value) return `replace(${quoted}, '${MARK}', '-' || n)::${type}`;
    if (type.startsWith('timestamp')) return `${quoted}::timestamptz - n * interval '${everyMs} milliseconds'`;
    // Numbers that a sequence gave out: far enough apart for the rows of one order.
    if (column === 'id' && type === 'bigint') return `${quoted}::bigint + n * 1000::bigint`;
    return `${quoted}::${type}`;
  }
}
