/** True for a statement that changes rows, data-modifying CTEs included. Each is a transaction of its own here. */
export const isWrite = (sql: string): boolean =>
  /\b(INSERT\s+INTO|UPDATE\s+\S+\s+(\S+\s+)?SET|DELETE\s+FROM)\b/i.test(sql);
