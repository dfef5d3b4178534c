import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { eventually } from '../support/eventually.js';
import { scratchPlace } from '../support/scratch-place.js';
import { type Access, accessTo } from './emulator.js';

const program = fileURLToPath(new URL('../../dist/stripe-emulator/main.js', import.meta.url));

/** The emulator as a process of its own, compiled, as the local stack runs it. It is gone after the test. */
export interface EmulatorProcess {
  /** where it answers. @throws Error when it does not come up */
  ready(): Promise<Access>;
  /** sends the signal. @returns how it ended */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<Ending>;
  /** resolves when it has ended by itself */
  readonly ended: Promise<Ending>;
}

interface Ending {
  readonly code: number | null;
  readonly errors: string;
}

export function startProcess(env: Readonly<Record<string, string>>): EmulatorProcess {
  const child = spawn(process.execPath, [program], { env: { ...process.env, STRIPE_PORT: '0', ...env } });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = once(child, 'close').then(() => ({ code: child.exitCode, errors }));
  const end: EmulatorProcess['end'] = async (signal) => {
    child.kill(signal);
    return ended;
  };
  onTestFinished(async () => void (await end('SIGKILL')));
  return {
    ready: async () => {
      const port = await eventually(() => /Stripe emulator running on port (\d+)/.exec(output)?.[1] ?? errors);
      if (errors) throw new Error(errors);
      return accessTo(`http://127.0.0.1:${port}`);
    },
    end,
    ended,
  };
}

/** A directory that is gone after the test. */
export function scratchDir(): string {
  const dir = mkdtempSync(path.join(scratchPlace(), 'holdfast-emulator-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}
