import { Type } from 'typebox';
import { isStorableName } from '../text.js';
import { HttpProblem } from './problem.js';

/** All but control characters and lone surrogates, without `\\p`, which clients in other languages cannot compile. */
export const CHARACTER = '[^\\u0000-\\u001f\\u007f-\\u009f\\ud800-\\udfff]';

/** Ids are opaque: 1 to 128 well-formed characters, none of them a control character. */
export const Id = Type.String({ minLength: 1, maxLength: 128, pattern: `^${CHARACTER}*$` });

/** Whether a text from elsewhere keeps the rules of {@link Id}. */
export const isId = (text: string): boolean => id.test(text);
const id = new RegExp(`^${CHARACTER}{1,128}$`, 'u');

export const Page = {
  limit: Type.Integer({ minimum: 1, maximum: 100, default: 20, description: 'how many at most' }),
  cursor: Type.Optional(Type.String({ maxLength: 512, description: 'the `nextCursor` of the page before' })),
};

/** A place in a list, opaque to the client. */
export const encodeCursor = (place: readonly string[]): string =>
  Buffer.from(JSON.stringify(place)).toString('base64url');

const isPart = {
  /** as JSON shows a time; `Date` reads 30 February too, but does not write it, and PostgreSQL knows no year 0 */
  time: (part: string) => /^(?!0000)\d{4}-/.test(part) && timeOf(part) === part,
  number: (part: string) => /^\d{1,18}$/.test(part),
  id: (part: string) => isStorableName(part) && !/\p{Cc}/u.test(part),
} as const;

const timeOf = (text: string): string | undefined => {
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
};

/** @param parts what the place is made of @throws HttpProblem 400 for anything this service did not hand out */
export function decodeCursor(cursor: string, parts: readonly (keyof typeof isPart)[]): string[] {
  try {
    const place: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    const fits = (part: unknown, i: number) => typeof part === 'string' && isPart[parts[i] ?? 'id'](part);
    if (Array.isArray(place) && place.length === parts.length && place.every(fits)) return place;
  } catch {
    // said below
  }
  throw new HttpProblem({
    status: 400,
    code: 'invalid-request',
    title: 'The request is not valid',
    detail: 'cursor: is not one that a list has answered.',
    errors: [{ field: 'cursor', message: 'is not one that a list has answered' }],
  });
}

/** A page of at most `limit`, from one item more than that. */
export function pageOf<T>(
  items: readonly T[],
  limit: number,
  place: (last: T) => readonly string[],
): { data: T[]; nextCursor: string | null } {
  const data = items.slice(0, limit);
  const last = data.at(-1);
  return { data, nextCursor: items.length > limit && last !== undefined ? encodeCursor(place(last)) : null };
}
