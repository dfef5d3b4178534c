/** What one user may hold without paying, so that nobody keeps stock from others or tests cards for nothing. */
import { type Database, Prisma } from '../database.js';
import { formatMoney } from '../money.js';
import { type FieldError, Refusal } from '../refusal.js';

/** Bounds for one user; see HOLD_LIMITS. */
export interface HoldLimits {
  /** open unpaid orders */
  readonly orders: number;
  /** units of one product in them */
  readonly units: number;
  /** declined payments within an hour */
  readonly declines: number;
  /** their value by currency, in minor units; a currency that is not named has no bound */
  readonly value: Readonly<Record<string, number>>;
}

/** What a request asks for, as far as the limits look at it. */
interface WantedOrder {
  readonly userId: string;
  readonly currency: string;
  readonly totalMinor: number;
  readonly items: readonly { readonly productId: string; readonly quantity: number }[];
}

type Kind = 'orders' | 'units' | 'value' | 'declines';

/** A limit that a request would exceed. Amounts are orders, units, minor units or declines. */
export interface OverLimit {
  readonly kind: Kind;
  /** the product of `units`, the currency of `value` */
  readonly what: string;
  readonly wanted: number;
  readonly bound: number;
  /** what counts already */
  readonly taken: number;
  /** seconds until it would fit, as orders reach their ends; null where it never would */
  readonly seconds: number | null;
}

/** CTE `over`: the limits that the request would exceed, counted with every other request of the user that was accepted. */
export function overLimits(request: WantedOrder, limits: HoldLimits): Prisma.Sql {
  const wanted = wantedBy(request, limits);
  return Prisma.sql`
    wanted AS (
      SELECT * FROM unnest(${wanted.map((w) => w.kind)}::text[], ${wanted.map((w) => w.what)}::text[],
                           ${wanted.map((w) => w.wanted)}::bigint[], ${wanted.map((w) => w.bound)}::bigint[]) AS w(kind, what, wanted, bound)),
    counted AS MATERIALIZED (SELECT * FROM counted_against(${request.userId})),
    fading AS (
      SELECT w.*, c.until, coalesce(sum(c.amount) OVER (PARTITION BY w.kind, w.what), 0) AS taken,
             sum(c.amount) OVER (PARTITION BY w.kind, w.what ORDER BY c.until) AS gone
        FROM wanted w LEFT JOIN counted c USING (kind, what)),
    over AS (
      SELECT kind, what, wanted, bound, taken,
             ceil(extract(epoch FROM min(until) FILTER (WHERE taken - gone + wanted <= bound) - clock_timestamp()))::int AS seconds
        FROM fading WHERE taken + wanted > bound
       GROUP BY kind, what, wanted, bound, taken)`;
}

function wantedBy({ items, currency, totalMinor }: WantedOrder, limits: HoldLimits) {
  const units = new Map<string, number>();
  for (const { productId, quantity } of items) units.set(productId, (units.get(productId) ?? 0) + quantity);
  const value = limits.value[currency];
  return [
    { kind: 'declines', what: '', wanted: 1, bound: limits.declines },
    { kind: 'orders', what: '', wanted: 1, bound: limits.orders },
    ...[...units].map(([what, wanted]) => ({ kind: 'units', what, wanted, bound: limits.units })),
    ...(value === undefined ? [] : [{ kind: 'value', what: currency, wanted: totalMinor, bound: value }]),
  ];
}

/** Writes down that a user was refused, one row a limit, for `STOCK_HOARDED` and `CARDS_TESTED`. */
export async function noteRefusal(db: Database, userId: string, over: readonly OverLimit[]): Promise<void> {
  await db.$executeRaw`
    INSERT INTO limit_refusal AS r (user_id, kind, what)
    SELECT DISTINCT ON (kind) ${userId}, kind, what
      FROM unnest(${over.map(({ kind }) => kind)}::text[], ${over.map(({ what }) => what)}::text[]) AS o(kind, what)
     ORDER BY kind, what
    ON CONFLICT (user_id, kind) DO UPDATE
       SET what = excluded.what, last_at = now(),
           times = CASE WHEN r.last_at < now() - interval '1 hour' THEN 1 ELSE r.times + 1 END,
           first_at = CASE WHEN r.last_at < now() - interval '1 hour' THEN now() ELSE r.first_at END`;
}

/** The refusal that names each limit, and until when it holds. @param over at least one */
export function refusalOver(request: WantedOrder, over: readonly OverLimit[]): Refusal {
  const sentences = over.map((each) => sentenceOf(each));
  const waits = over.map(({ seconds }) => seconds);
  const wait = waits.includes(null) ? undefined : Math.max(1, ...waits.map((seconds) => seconds ?? 0));
  const advice =
    wait === undefined
      ? 'Order less.'
      : `It may fit at ${new Date(Date.now() + wait * 1000).toISOString()}, or once you have paid or cancelled what is open.`;
  return new Refusal(
    over.some(({ kind }) => kind === 'declines') ? 'TooManyDeclines' : 'HoldLimitReached',
    `${sentences.join(' ')} ${advice}`,
    over.map((each, i) => ({ field: fieldOf(request, each), message: sentences[i] ?? '' }) satisfies FieldError),
    wait,
  );
}

function sentenceOf({ kind, what, wanted, bound, taken }: OverLimit): string {
  const money = (minor: number): string => formatMoney({ minor, currency: what });
  return {
    declines: `Limit "declines": ${taken} of your payments were declined within an hour, and ${bound} are allowed.`,
    orders: `Limit "orders": you have ${taken} unpaid orders open, and ${bound} are allowed.`,
    units: `Limit "units": you hold ${taken} unpaid units of ${what} and want ${wanted} more, and ${bound} are allowed.`,
    value: `Limit "value": your unpaid orders are over ${money(taken)} and this one over ${money(wanted)}, and ${money(bound)} is allowed.`,
  }[kind];
}

function fieldOf({ items }: WantedOrder, { kind, what }: OverLimit): string {
  if (kind === 'units') return `items[${items.findIndex(({ productId }) => productId === what)}].quantity`;
  return kind === 'value' ? 'amount' : 'userId';
}
