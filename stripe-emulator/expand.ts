import { invalidRequest } from './errors.js';
import { expandable, includes, load, type View } from './expandable.js';
import { type Form, texts } from './form.js';
import type { Route } from './route.js';
import type { Store } from './store.js';

/** https://docs.stripe.com/api/expanding_objects: the `data` of a list counts. */
const DEEPEST = 4;

/** What the last collection of an address holds. */
const objects: Readonly<Record<string, string>> = {
  balance_transactions: 'balance_transaction',
  charges: 'charge',
  customers: 'customer',
  disputes: 'dispute',
  early_fraud_warnings: 'radar.early_fraud_warning',
  events: 'event',
  line_items: 'item',
  payment_intents: 'payment_intent',
  payment_methods: 'payment_method',
  refunds: 'refund',
  reviews: 'review',
  sessions: 'checkout.session',
  webhook_endpoints: 'webhook_endpoint',
};

/** The object that a route answers, or lists. */
function answerOf({ method, path }: Route): { readonly kind: string; readonly isList: boolean } {
  const steps = path.split('/');
  const collection = steps.findLast((step) => Object.hasOwn(objects, step)) ?? '';
  const isList = method === 'GET' && (steps.at(-1) === collection || steps.at(-1) === 'search');
  return { kind: objects[collection] ?? '', isList };
}

/** The first expandable field of a path, and what is asked for below it. */
function split(kind: string, path: readonly string[]): { field: string; below: readonly string[] } | undefined {
  const fields = expandable[kind] ?? {};
  for (const length of [1, 2]) {
    const field = path.slice(0, length).join('.');
    if (Object.hasOwn(fields, field)) return { field, below: path.slice(length) };
  }
  return undefined;
}

function canExpand(kind: string, path: readonly string[]): boolean {
  const found = split(kind, path);
  if (!found) return false;
  const target = expandable[kind]![found.field]!;
  const isList = Object.hasOwn(includes[kind] ?? {}, found.field);
  if (found.below.length === 0) return true;
  if (isList && found.below[0] !== 'data') return false;
  const below = isList ? found.below.slice(1) : found.below;
  return below.length === 0 ? target.length > 0 : target.some((inner) => canExpand(inner, below));
}

/** Before anything is done. @throws StripeError for what has no such field, and for what lies too deep */
export function checkExpansions(route: Route, form: Form): void {
  const { kind, isList } = answerOf(route);
  for (const path of texts(form, 'expand')) {
    const steps = path.split('.');
    if (steps.length > DEEPEST)
      throw invalidRequest(`You cannot expand more than ${DEEPEST} levels of a property. Property: ${path}`, {
        param: 'expand',
      });
    const isWithinList = steps[0] === 'data' && steps.length > 1;
    if (isList ? isWithinList && canExpand(kind, steps.slice(1)) : canExpand(kind, steps)) continue;
    const instead = isList && canExpand(kind, steps) ? ` You may want to try expanding 'data.${path}' instead.` : '';
    throw invalidRequest(`This property cannot be expanded (${path}).${instead}`, { param: 'expand' });
  }
}

/** The answer with every object in full that is asked for; `checkExpansions` has let the paths through. */
export function expand(store: Store, route: Route, form: Form, answer: unknown): unknown {
  const { kind, isList } = answerOf(route);
  return texts(form, 'expand').reduce<unknown>((view, path) => {
    const steps = path.split('.');
    return isList ? withItems(store, kind, view as View, steps.slice(1)) : within(store, kind, view as View, steps);
  }, answer);
}

const withItems = (store: Store, kind: string, list: View, path: readonly string[]): View => ({
  ...list,
  data: (list.data as View[]).map((item) => within(store, kind, item, path)),
});

function within(store: Store, kind: string, view: View, path: readonly string[]): View {
  const found = split(kind, path);
  if (!found || view.deleted) return view;
  const { field, below } = found;
  const include = includes[kind]?.[field];
  const target = expandable[kind]![field]!;
  if (include) {
    const list = (view[field] as View | undefined) ?? include(store, String(view.id));
    return { ...view, [field]: list && withItems(store, target[0] ?? '', list, below.slice(1)) };
  }
  const value = view[field];
  const inner = typeof value === 'string' ? load(store, target, value) : (value as View | null | undefined);
  if (!inner) return view; // null, or hidden from a publishable key
  return { ...view, [field]: within(store, String(inner.object), inner, below) };
}
