import type { Database } from '../../domain/database.js';
import type { Logger } from '../../platform/log.js';
import type { Handlers } from '../consume.js';

/** What a rebuild has to know of a service's read model. */
export interface ReadModel {
  readonly service: 'orders' | 'products';
  readonly schema: string;
  /** the service's role, under which facts are put into effect */
  readonly role: string;
  readonly groupId: string;
  readonly handlers: (db: Database, log: Logger, schema: string) => Handlers;
  /** besides the inbox, in the order in which the handlers write them */
  readonly tables: readonly ViewTable[];
  /** SQL that brings into the new tables what people decided; safe to repeat. Absent where rows are of facts alone */
  readonly takeOver?: (schema: string) => string;
}

/**
 * A table, and how its old rows are compared with its new ones. `t` is the row, `ahead` the facts (event_id, key) that the
 * new tables have heard and the old have not.
 */
export interface ViewTable {
  readonly name: string;
  readonly key: readonly string[];
  /** SQL: what facts determine, whatever order they came in */
  readonly compared: string;
  /** SQL: true for a row that a fact ahead has touched, so that nothing can be said of it */
  readonly touched: (schema: string) => string;
}

/** The schema in which a read model is built anew, beside the one that is read. */
export const besideOf = ({ schema }: ReadModel): string => `${schema}_rebuild`;
