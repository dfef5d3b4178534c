import type { Emulator } from './emulator.js';
import type { Form, Schema } from './form.js';

export interface Call {
  readonly emulator: Emulator;
  /** what stands for `:id` in the path */
  readonly id: string;
  readonly form: Form;
  /** a publishable key sees less and may do less */
  readonly isPublic: boolean;
  /** the API version that the call speaks: `2026-10-28.endive` */
  readonly version: string;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly params: Schema;
  /** parameters that API versions before 2026-09-30 have as well */
  readonly older?: Schema;
  readonly required?: readonly string[];
  /** may be called with a publishable key and the client secret */
  readonly open?: true;
  readonly run: (call: Call) => unknown;
}

export const everywhere: Schema = { expand: 'list' };
export const paging: Schema = {
  ...everywhere,
  limit: 'integer',
  starting_after: 'string',
  ending_before: 'string',
  created: 'hash',
};
export const v2Paging: Schema = { limit: 'integer', page: 'string' };
