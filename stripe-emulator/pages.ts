import { invalidRequest, noSuch } from './errors.js';
import { check, type Form, integer, text, writeForm } from './form.js';

interface Listable {
  readonly id: string;
  readonly created: number;
}

/** Where a list is answered, and what one of its items is called in a refusal. */
interface List {
  readonly url: string;
  readonly what: string;
}

/**
 * One page of a list, newest first, by cursor: https://docs.stripe.com/api/pagination
 * @param all oldest first
 * @throws StripeError when a cursor is not in the list
 */
export function pageOf<T extends Listable>(
  form: Form,
  all: readonly T[],
  { url, what }: List,
  view: (item: T) => unknown,
): object {
  const limit = limitOf(form, 10);
  const newestFirst = all.filter(createdWithin(form)).reverse();
  const indexOf = (name: 'starting_after' | 'ending_before'): number | undefined => {
    const cursor = text(form, name);
    if (cursor === undefined) return undefined;
    const index = newestFirst.findIndex(({ id }) => id === cursor);
    if (index < 0) throw noSuch(what, cursor, name, 400);
    return index;
  };
  const after = indexOf('starting_after');
  const before = indexOf('ending_before');
  // Backwards, "more" lies in front of the page.
  const [from, to] =
    before === undefined ? [(after ?? -1) + 1, (after ?? -1) + 1 + limit] : [Math.max(0, before - limit), before];
  const hasMore = before === undefined ? to < newestFirst.length : from > 0;
  return { object: 'list', data: newestFirst.slice(from, to).map(view), has_more: hasMore, url };
}

/**
 * One page of a list of v2, newest first: https://docs.stripe.com/api-v2-overview#list-pagination
 * @param all oldest first
 */
export function cursorPageOf<T extends Listable>(
  form: Form,
  all: readonly T[],
  path: string,
  view: (item: T) => unknown,
): object {
  const limit = limitOf(form, 20);
  const newestFirst = all.filter(createdWithin(form)).reverse();
  // The SDK hangs its own parameters on the end of a page's address, so the cursor stands last and is read up to them.
  const from = Math.max(0, Number.parseInt(text(form, 'page') ?? '0', 10) || 0);
  const { page: _, ...filters } = form;
  const pageAt = (start: number): string => `${path}?${writeForm({ ...filters, page: start })}`;
  return {
    data: newestFirst.slice(from, from + limit).map(view),
    next_page_url: from + limit < newestFirst.length ? pageAt(from + limit) : null,
    previous_page_url: from > 0 ? pageAt(Math.max(0, from - limit)) : null,
  };
}

/**
 * One page of what a search found, newest first: https://docs.stripe.com/api/pagination/search
 * @param all oldest first
 * @throws StripeError for a page that no search has named
 */
export function searchPageOf<T extends Listable>(
  form: Form,
  all: readonly T[],
  url: string,
  view: (item: T) => unknown,
): object {
  const limit = limitOf(form, 10);
  const page = text(form, 'page');
  const from = page === undefined ? 0 : Number(Buffer.from(page, 'base64url').toString());
  if (!Number.isSafeInteger(from) || from < 0) throw invalidRequest(`Invalid page: ${page}`, { param: 'page' });
  const hasMore = from + limit < all.length;
  const data = all.toReversed().slice(from, from + limit);
  const next_page = hasMore ? Buffer.from(String(from + limit)).toString('base64url') : null;
  return { object: 'search_result', data: data.map(view), has_more: hasMore, next_page, url };
}

const MOST = 100;

/** @throws StripeError for a page of none and for one that is too long */
function limitOf(form: Form, otherwise: number): number {
  const limit = integer(form, 'limit') ?? otherwise;
  if (limit >= 1 && limit <= MOST) return limit;
  const bound = limit < 1 ? 'greater than or equal to 1' : `less than or equal to ${MOST}`;
  throw invalidRequest(`This value must be ${bound} (it currently is '${limit}').`, {
    code: 'parameter_invalid_integer',
    param: 'limit',
  });
}

/** `created[gte]` and its kin. */
function createdWithin({ created }: Form): (item: Listable) => boolean {
  const bounds = typeof created === 'object' && created !== null ? (created as Form) : {};
  check(bounds, { gt: 'integer', gte: 'integer', lt: 'integer', lte: 'integer' }, [], 'created');
  const bound = (name: string, none: number): number => integer(bounds, name) ?? none;
  return ({ created: at }) =>
    at >= bound('gte', -Infinity) &&
    at > bound('gt', -Infinity) &&
    at <= bound('lte', Infinity) &&
    at < bound('lt', Infinity);
}
