/** The gate itself, on a few of its changes; all of them are `npm run gate`. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { behaviour, breaking } from '../../dev/gate/mutant.mjs';
import { applyPatch, type Patch } from '../../dev/gate/patch.mjs';
import { protections } from '../../dev/gate/protections.mjs';
import { replayMutant } from '../../dev/gate/replay-mutant.mjs';
import { copyTree } from '../../dev/gate/tree.mjs';

const inTime = { timeout: 120_000 };
const all: readonly Patch[] = [...breaking, ...behaviour, ...protections];
const change = (name: string): Patch => {
  const found = all.find((patch) => patch.name === name);
  if (!found) throw new Error(`There is no change "${name}"`);
  return found;
};

let tree: ReturnType<typeof copyTree>;
beforeAll(() => {
  tree = copyTree((file) => !file.startsWith('test/'));
});
afterAll(() => tree.remove());

test('every change still fits the code of today, and has a name of its own', () => {
  for (const patch of all) applyPatch(tree.dir, patch)();
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
});

test('a change whose text is gone is refused, for it would prove nothing', () => {
  const gone = { name: 'gone', file: 'workflows/checkout.ts', edits: [['await charge(card);', '']] } as const;
  expect(() => applyPatch(tree.dir, gone)).toThrow('Change "gone" no longer fits: its text is 0 times');
});

test.each(['an undo is left out', 'the cancel update has another name', 'settling is a regular activity'])(
  'replay catches that %s',
  inTime,
  async (name) => {
    expect(await replayMutant(change(name))).toMatchObject({ error: expect.stringContaining('TMPRL1100') });
  },
);

test.each(['the order is cancelled without its reason', 'a patch that takes the old side for old histories'])(
  'replay lets pass that %s',
  inTime,
  async (name) => {
    expect(await replayMutant(change(name))).toBeNull();
  },
);
