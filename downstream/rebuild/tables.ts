import pg from 'pg';
import { besideOf, type ReadModel } from './read-model.js';

const INBOX = 'inbox';
const quote = pg.escapeIdentifier;
const namesOf = ({ tables }: ReadModel): string[] => [INBOX, ...tables.map(({ name }) => name)];
const listed = (schema: string, names: readonly string[]): string =>
  names.map((name) => `${schema}.${quote(name)}`).join(', ');

/**
 * Empty tables beside the live ones, with the same columns, checks, indexes and rights under the same names, so that later
 * migrations find what they expect. What a rebuild that was killed has left behind is removed first.
 */
export async function createBeside(db: pg.Client, model: ReadModel): Promise<void> {
  const beside = besideOf(model);
  await dropBeside(db, model);
  await db.query(`CREATE SCHEMA ${beside}; GRANT USAGE ON SCHEMA ${beside} TO ${model.role}`);
  for (const name of namesOf(model)) {
    const [live, fresh] = [`${model.schema}.${quote(name)}`, `${beside}.${quote(name)}`];
    await db.query(`CREATE TABLE ${fresh} (LIKE ${live} INCLUDING ALL EXCLUDING INDEXES);
      GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ${fresh} TO ${model.role}`);
    const { rows } = await db.query<{ index: string; conname: string | null; condef: string | null }>(
      `SELECT pg_get_indexdef(i.indexrelid) AS index, c.conname, pg_get_constraintdef(c.oid) AS condef
         FROM pg_index i LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid WHERE i.indrelid = $1::regclass`,
      [live],
    );
    for (const { index, conname, condef } of rows)
      await db.query(
        conname === null
          ? index.replace(` ON ${model.schema}.`, ` ON ${beside}.`)
          : `ALTER TABLE ${fresh} ADD CONSTRAINT ${quote(conname)} ${condef}`,
      );
  }
}

export const dropBeside = async (db: pg.Client, model: ReadModel): Promise<void> => {
  await db.query(`DROP SCHEMA IF EXISTS ${besideOf(model)} CASCADE`);
};

/** Planner statistics and people's decisions, before the moment in which the service waits; safe to repeat. */
export async function prepareBeside(db: pg.Client, model: ReadModel): Promise<void> {
  await takeOver(db, model);
  await db.query(`ANALYZE ${listed(besideOf(model), namesOf(model))}`);
}

const takeOver = async (db: pg.Client, model: ReadModel): Promise<void> => {
  if (model.takeOver) await db.query(model.takeOver(besideOf(model)));
};

/** From here to the end of the transaction the service can read its tables, and its writes wait. */
export async function holdWrites(db: pg.Client, model: ReadModel): Promise<void> {
  await db.query(`LOCK TABLE ${listed(model.schema, namesOf(model))} IN SHARE ROW EXCLUSIVE MODE`);
}

/** How many facts the live inbox has that the new one has not. */
export async function missingFacts(db: pg.Client, model: ReadModel): Promise<number> {
  const { rows } = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM ${model.schema}.${INBOX} l
      WHERE NOT EXISTS (SELECT FROM ${besideOf(model)}.${INBOX} f WHERE f.event_id = l.event_id)`,
  );
  return rows[0]?.n ?? 0;
}

export interface Difference {
  readonly table: string;
  readonly rows: number;
}

/** The rows, table by table, that are not alike in the live tables and the new ones, though both have heard the same of them. */
export async function compare(db: pg.Client, model: ReadModel): Promise<Difference[]> {
  const [live, fresh] = [model.schema, besideOf(model)];
  await takeOver(db, model);
  await db.query(`CREATE TEMP TABLE ahead ON COMMIT DROP AS
    SELECT event_id, key FROM ${fresh}.${INBOX} f
     WHERE NOT EXISTS (SELECT FROM ${live}.${INBOX} l WHERE l.event_id = f.event_id)`);
  const differences: Difference[] = [];
  for (const { name, key, compared, touched } of model.tables) {
    const rowsOf = (schema: string): string =>
      `(SELECT ${key.join(', ')}, ${compared} AS row FROM ${schema}.${quote(name)} t WHERE NOT (${touched(fresh)}))`;
    const { rows } = await db.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM ${rowsOf(live)} l FULL JOIN ${rowsOf(fresh)} f USING (${key.join(', ')})
        WHERE l.row IS DISTINCT FROM f.row`,
    );
    const n = rows[0]?.n ?? 0;
    if (n > 0) differences.push({ table: name, rows: n });
  }
  return differences;
}

/**
 * The new tables take the place of the live ones, whose schema stays with its rights. A statement that waits for a live
 * table looks its name up again when it may go on, and so finds the new one: PostgreSQL throws away every plan, prepared or
 * not, that names a table which has changed. https://www.postgresql.org/docs/current/sql-prepare.html
 */
export async function changePlaces(db: pg.Client, model: ReadModel): Promise<void> {
  const [live, names] = [model.schema, namesOf(model)];
  await db.query(`DROP TABLE ${listed(live, names)}`);
  for (const name of names) await db.query(`ALTER TABLE ${besideOf(model)}.${quote(name)} SET SCHEMA ${live}`);
  await dropBeside(db, model);
}
