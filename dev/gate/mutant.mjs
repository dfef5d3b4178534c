/**
 * A change of workflow code, and what it does to checkouts that are running.
 * @typedef {import('./patch.mjs').Patch & { readonly note?: string }} Mutant `note` says why one may survive
 */
import { behaviour } from './mutants/behaviour.mjs';
import { breaking } from './mutants/breaking.mjs';

export { behaviour, breaking };
