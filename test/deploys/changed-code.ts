import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflows } from '../support/global-setup.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A change of the workflow code, as a person would make it. */
export interface Change {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** The payment is read once more before it is waited for: a command more on the path of every checkout. */
export const extraStep: Change = {
  file: 'workflows/checkout.ts',
  find: 'return await awaitPayment(',
  replace: 'await promptSettle({ orderId, eventIds: [] });\n      return await awaitPayment(',
};

const followTwice = (when: string): Change => ({
  file: 'workflows/after-sale.ts',
  find: 'const lookAgainMs = await follow(eventIds.splice(0));',
  replace: `${when}await followMoney({ orderId, eventIds: [] });\n    const lookAgainMs = await follow(eventIds.splice(0));`,
});
/** What happens to the money is read twice, in histories that have not gone past it without. */
export const patchedAfterSale = followTwice("if (patched('follow-twice')) ");
/** The same, forgetting the histories that run. */
export const unpatchedAfterSale = followTwice('');

/** Bundles this tree with these changes. @throws when a change does not find its place */
export async function bundleChanged(changes: readonly Change[], bundle: string): Promise<string> {
  const copy = mkdtempSync(path.join(tmpdir(), 'holdfast-changed-'));
  try {
    for (const room of ['workflows', 'contract', 'activities'])
      cpSync(path.join(root, room), path.join(copy, room), { recursive: true });
    symlinkSync(path.join(root, 'node_modules'), path.join(copy, 'node_modules'));
    for (const change of changes) apply(copy, change);
    await bundleWorkflows(bundle, copy);
    return bundle;
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function apply(copy: string, { file, find, replace }: Change): void {
  const place = path.join(copy, file);
  const before = readFileSync(place, 'utf8');
  if (before.split(find).length !== 2) throw new Error(`${file} does not have this once: ${find}`);
  writeFileSync(place, before.replace(find, replace));
}
