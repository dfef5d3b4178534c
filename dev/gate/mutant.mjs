/**
 * A change of workflow code, and what it does to checkouts that are running.
 * @typedef {object} More
 * @property {string} [suite] the file whose tests notice it; where they do not, every suite is run
 * @property {string} [note] why one may survive
 * @typedef {import('./patch.mjs').Patch & More} Mutant
 */
import { behaviour } from './mutants/behaviour.mjs';
import { breaking } from './mutants/breaking.mjs';

export { behaviour, breaking };
