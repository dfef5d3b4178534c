import { expect, test } from 'vitest';
import { type Recorded, readCorpus, replayCorpus } from '../../dev/replay/corpus.mjs';
import { stories } from './stories.js';

const corpus = readCorpus();
const bundle = process.env.TEST_WORKFLOW_BUNDLE ?? '';
const storyOf = ({ name }: Recorded): string => name.split('/').at(-1) ?? '';

async function refused(histories: readonly Recorded[]): Promise<{ name: string; error: string | null }[]> {
  const found = [];
  for await (const replayed of replayCorpus(bundle, histories)) if (replayed.error !== null) found.push(replayed);
  return found;
}

test('every recorded history replays', { timeout: 60_000 }, async () => {
  expect(corpus.length).toBeGreaterThan(50);
  expect(await refused(corpus)).toEqual([]);
});

test('every way to end has a recorded history', () => {
  const names = new Set(corpus.map(storyOf));
  expect(Object.keys(stories).filter((name) => !names.has(name))).toEqual([]);
});

test('a history that the code would not have written is refused', async () => {
  const declined = corpus.find((recorded) => storyOf(recorded) === 'declined');
  const text = JSON.stringify(declined?.history);
  expect(text).toContain('"releaseStock"');
  const changed = {
    name: 'changed',
    workflowId: declined?.workflowId ?? '',
    history: JSON.parse(text.replaceAll('"releaseStock"', '"shipOrder"')) as unknown,
  };
  expect(await refused([changed])).toEqual([{ name: 'changed', error: expect.stringContaining('TMPRL1100') }]);
});

test.each(corpus)('$name holds nothing secret, personal or of the machine that recorded it', (recorded) => {
  const old = /^\d+@vm-[\da-f]{32}$/;
  const isKnown = (text: string) => namesItsWorkers.includes(storyOf(recorded)) && old.test(text);
  const telling = textsOf(recorded.history).filter(
    (text) => forbidden.some((pattern) => pattern.test(text)) && !isKnown(text),
  );
  expect(telling).toEqual([]);
});

/** The first recordings, which never change, name their workers' own queues for a virtual machine that is gone. */
const namesItsWorkers = [
  'after-sale-before-its-end',
  'after-sale-dispute',
  'after-sale-pending-refund',
  'after-sale-refund',
  'cancelled-by-customer',
  'cancelled-in-the-web-ui',
  'cancelled-unheard',
  'captured',
  'deadline',
  'deadline-but-paid',
  'declined',
  'declined-then-paid',
  'out-of-stock',
  'paid',
  'parked',
  'provider-away',
  'reconciliation',
];
/** The SDK's stamp, a hash of the bundle. */
const BUILD_ID = /^@temporalio\/worker@[\d.]+\+[\da-f]+$/;
const forbidden = [
  /_secret_/, // an intent's client secret
  /\b[spr]k_(test|live)_|whsec_/,
  /\beyJ[\w-]+\.eyJ/, // a token
  /[\w.+-]+@[\w-]+\.\w/, // an e-mail address
  /\d+@/, // process@host
  /localhost|\b\d{1,3}(\.\d{1,3}){3}\b/,
  /(^|[\s("'])(\/|[A-Z]:\\)[\w.-]+[/\\]/, // a path
  /file:\/\/|node_modules/,
  /\n\s+at /, // a stack trace
];

/** Every text in a history, payloads decoded. */
function textsOf(value: unknown, key = ''): string[] {
  if (typeof value === 'string')
    return BUILD_ID.test(value) ? [] : [key === 'data' ? Buffer.from(value, 'base64').toString() : value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => textsOf(inner, name));
}
