/** Random sagas by the thousand, for `npm run simulate`: batch n of seed s is the batch that seed s + n plays. */
import { expect, test } from 'vitest';
import { runBatch } from './batch.js';
import { SAGAS_A_BATCH } from './batch-size.js';

const number = (name: string): number => Number(process.env[name]);
const [seed, sagas, share, shares] = [
  number('SIMULATE_SEED'),
  number('SIMULATE_SAGAS'),
  number('SIMULATE_SHARE'),
  number('SIMULATE_SHARES'),
];
const batches = Array.from({ length: Math.ceil(sagas / SAGAS_A_BATCH) }, (_, no) => ({
  seed: seed + no,
  sagas: Math.min(SAGAS_A_BATCH, sagas - no * SAGAS_A_BATCH),
})).filter((_, no) => no % shares === share);

test.each(batches)('$sagas sagas of seed $seed', async (batch) => {
  const began = Date.now();
  const { findings, steps, misfortunes, changes, ends } = await runBatch(batch);
  const told = Object.entries(ends).map(([end, count]) => `${count} ${end}`);
  process.stdout.write(
    `seed ${batch.seed}: ${batch.sagas} sagas, ${steps} steps, ${misfortunes} misfortunes, ${changes} changes explained, ${findings.length} findings, ${Math.round((Date.now() - began) / 1000)} s; ${told.join(', ')}\n`,
  );
  expect(findings, `npm run simulate -- --seed ${batch.seed} --sagas ${batch.sagas}`).toEqual([]);
});
