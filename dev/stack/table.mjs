/**
 * @param {readonly (readonly string[])[]} rows
 * @returns {string} columns as wide as their widest cell
 */
export function table(rows) {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `  ${row
          .map((cell, i) => cell.padEnd(widths[i] ?? 0))
          .join('  ')
          .trimEnd()}`,
    )
    .join('\n');
}

/** @param {number} bytes */
export function megabytes(bytes) {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}
