import { type Form, texts } from './form.js';

/** What is to be shown in full: https://docs.stripe.com/api/expanding_objects */
export const expansions = (form: Form): string[] => texts(form, 'expand');

/** Of a list, each item is asked for: `data.latest_charge`. */
export const itemExpansions = (form: Form): string[] => expansions(form).map((path) => path.replace(/^data\./, ''));

/** `a` and `a.b` both expand a. */
export const expanded = (expand: readonly string[], field: string): boolean =>
  expand.some((path) => path === field || path.startsWith(`${field}.`));

export const below = (expand: readonly string[], field: string): string[] =>
  expand.filter((path) => path.startsWith(`${field}.`)).map((path) => path.slice(field.length + 1));
