import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Worker } from '@temporalio/worker';
import { expect, test } from 'vitest';
import { stories } from './stories.js';

const directory = path.join(import.meta.dirname, 'histories');
const recorded = readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.json'));

interface Recorded {
  readonly workflowId: string;
  readonly history: { events: { eventType: string }[] };
}
const read = (file: string): Recorded => JSON.parse(readFileSync(path.join(directory, file), 'utf8')) as Recorded;
const replay = ({ workflowId, history }: Recorded): Promise<void> =>
  Worker.runReplayHistory(
    { workflowBundle: { codePath: process.env.TEST_WORKFLOW_BUNDLE ?? '' } },
    history,
    workflowId,
  );

test.each(recorded)('%s replays', async (file) => {
  await expect(replay(read(file))).resolves.toBeUndefined();
});

test('every way to end has a recorded history', () => {
  const names = new Set(recorded.map((file) => path.basename(file, '.json')));
  expect(Object.keys(stories).filter((name) => !names.has(name))).toEqual([]);
});

test('a history that the code would not have written is refused', async () => {
  const declined = read(recorded.find((file) => path.basename(file) === 'declined.json') ?? '');
  const text = JSON.stringify(declined.history);
  expect(text).toContain('"releaseStock"');
  const changed = JSON.parse(text.replaceAll('"releaseStock"', '"shipOrder"')) as Recorded['history'];
  await expect(replay({ ...declined, history: changed })).rejects.toThrow(/TMPRL1100|ondeterminism/);
});
