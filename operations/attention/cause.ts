import type { Prisma } from '../../domain/database.js';
import type { Money } from '../../domain/money.js';

/** `NOW`: money, stock or a right is lost by waiting. `TODAY`: somebody waits. `SOON`: nobody waits yet. */
export type Urgency = 'NOW' | 'TODAY' | 'SOON';

/** One thing that does not move without a person. */
export interface Finding {
  /** its kind and its row: `parked:<order id>`, `event:<event id>` */
  readonly id: string;
  /** null for what is no order's */
  readonly orderId: string | null;
  readonly since: Date;
  /** what is at stake; null where that is not known */
  readonly money: Money | null;
  /** what the row says beside, for its sentences */
  readonly about: Readonly<Record<string, string>>;
}

/** A way in which things come to stand, and what a person does about it. */
export interface Cause {
  /** finds `(id, order_id, since, minor, currency, about)`; null for what rows alone do not tell apart */
  readonly rows: Prisma.Sql | null;
  readonly urgency: (finding: Finding) => Urgency;
  /** a sentence: what has happened */
  readonly what: (finding: Finding) => string;
  /** a sentence: what to do */
  readonly todo: string;
  /** the requests that do it, as `POST /v1/…` */
  readonly routes: (finding: Finding) => readonly string[];
  /** where more is told, as paths */
  readonly links: (finding: Finding) => readonly string[];
}

const part = (id: string | null | undefined): string => encodeURIComponent(id ?? '');

/** Where an order tells of itself. */
export const orderLinks = ({ orderId }: Finding): readonly string[] =>
  orderId === null ? [] : [`/v1/ops/orders/${part(orderId)}/timeline`, `/v1/ops/sagas/${part(orderId)}`];

/** What an operator can send to an order's saga. */
export const sagaRoutes =
  (...decisions: readonly ('retry' | 'skip' | 'resolve')[]) =>
  ({ orderId }: Finding): readonly string[] =>
    decisions.map((decision) => `POST /v1/ops/sagas/${part(orderId)}/${decision}`);

export const pathOf = (collection: string, id: string | undefined, ...rest: readonly string[]): string =>
  ['/v1', collection, part(id), ...rest].join('/');
