import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../dev/parts/index.mjs';
import { readBuild } from '../../temporal/deployments/build.js';
import { type LocalStack, startStack } from '../e2e/stack.js';
import { eventually } from '../support/eventually.js';
import { bundleChanged, extraStep, patchedAfterSale, unpatchedAfterSale } from './changed-code.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A stack whose worker is v1, and what else a deploy has: a second payment service, and the worker of v2. */
export interface Fleet {
  readonly stack: LocalStack;
  /** a payment service with captures by hand, one second of patience with an undo, and holds of 150 s */
  readonly strictApi: string;
  /** bundles: what runs, the next version, and one that forgets the sagas that run */
  readonly code: Readonly<Record<'v1' | 'v2' | 'careless', string>>;
  readonly buildIds: Readonly<Record<'v1' | 'v2', string>>;
  /** `npm run deploy` from the release with this code. @returns what it said */
  deploy(version: 'v1' | 'v2', ...words: readonly string[]): Promise<string>;
  startV2(): Promise<void>;
  close(): Promise<void>;
}

export async function openFleet(): Promise<Fleet> {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-rehearsal-'));
  const code = {
    v1: path.join(root, 'dist/workflow-bundle.js'),
    v2: await bundleChanged([extraStep, patchedAfterSale], path.join(dir, 'v2.js')),
    careless: await bundleChanged([extraStep, unpatchedAfterSale], path.join(dir, 'careless.js')),
  };
  const shared = { KAFKA: 'off', CHECKOUT_OPEN_SECONDS: '2', HOLD_LIMITS: 'orders:1000000' };
  const stack = await startStack({ ...shared, CHECKOUT_HOLD_SECONDS: '900' });
  const beside: ChildProcess[] = [];
  const start = async (role: string, settings: Record<string, string>, ready: string): Promise<void> => {
    const env = {
      ...process.env,
      DATA_DIR: path.dirname(stack.file().logs),
      ...shared,
      DRAIN_SECONDS: '0',
      ...settings,
    };
    const child = spawn(process.execPath, [path.join(root, 'dev/run.mjs'), role], { cwd: root, env });
    beside.push(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    await eventually(() => said.includes(ready) || child.exitCode !== null, Boolean, 60_000);
    if (child.exitCode !== null) throw new Error(`The ${role} beside the stack ended:\n${said}`);
  };
  const port = String(await freePort());
  const strict = { PORT: port, CAPTURE_METHOD: 'manual', UNDO_PATIENCE_SECONDS: '1', CHECKOUT_HOLD_SECONDS: '150' };
  await start('payment', strict, `:${port}`);
  return {
    stack,
    strictApi: `http://127.0.0.1:${port}`,
    code,
    buildIds: { v1: buildIdOf(code.v1), v2: buildIdOf(code.v2) },
    deploy: async (version, ...words) => {
      const { code: exit, output } = await stack.command('deploy', words, { WORKFLOW_BUNDLE: code[version] });
      if (exit !== 0) throw new Error(`npm run deploy -- ${words.join(' ')} ended with ${exit}:\n${output}`);
      return output;
    },
    startV2: () => start('worker', { WORKFLOW_BUNDLE: code.v2 }, 'polls task queue'),
    close: async () => {
      for (const child of beside) {
        child.kill('SIGTERM');
        if (child.exitCode === null) await once(child, 'exit');
      }
      await stack.destroy();
      rmSync(dir, { recursive: true });
    },
  };
}

const buildIdOf = (codePath: string): string =>
  readBuild({ WORKFLOW_BUNDLE: codePath, WORKER_BUILD_ID: undefined }).buildId;
