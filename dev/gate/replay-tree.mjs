import path from 'node:path';
import { bundleSources } from '../replay/bundle.mjs';
import { beQuiet, readCorpus, replayCorpus } from '../replay/corpus.mjs';

/**
 * Run by the gate in a process of its own, which can be ended when changed code does not end by itself: bundles the
 * workflow code of a directory and prints, as JSON, the first history that it would not have written; null when all replay.
 */
const [dir = ''] = process.argv.slice(2);
beQuiet();
const bundle = path.join(dir, 'bundle.js');
await bundleSources(dir, bundle);
let refused = null;
for await (const replayed of replayCorpus(bundle, readCorpus())) {
  if (replayed.error === null) continue;
  refused = replayed;
  break;
}
process.stdout.write(`${JSON.stringify(refused)}\n`);
process.exit(0);
