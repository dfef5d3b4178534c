/** The longest id or name that others give us and that an index of PostgreSQL is sure to take, in characters. */
const LONGEST_NAME = 255;
/** Far below the depth at which PostgreSQL's JSON parser runs out of stack (`max_stack_depth`). */
const DEEPEST_JSON = 100;

/** True for a text that PostgreSQL keeps as it is: no zero character, and no half of a surrogate pair. */
const isStorable = (text: string): boolean => !/[\0\p{Cs}]/u.test(text);

/** True for a storable text that is short enough to be looked up by. */
export const isStorableName = (text: string): boolean => text.length <= LONGEST_NAME && isStorable(text);

/**
 * True for a value that `jsonb` keeps as it is: every text and every key in it is storable, and it is not nested deeper
 * than 100 levels.
 */
export const isStorableJson = (value: unknown): boolean => unstorablePath(value) === undefined;

/**
 * Where a value has a text that PostgreSQL refuses, or goes too deep: a JSON pointer. Undefined when all of it is storable.
 * @param depth how many levels have been entered already
 */
export function unstorablePath(value: unknown, depth = 0): string | undefined {
  if (typeof value === 'string') return isStorable(value) ? undefined : '';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth === DEEPEST_JSON) return '';
  for (const [key, item] of Object.entries(value)) {
    if (!isStorable(key)) return '';
    const below = unstorablePath(item, depth + 1);
    if (below !== undefined) return `/${key}${below}`;
  }
  return undefined;
}
