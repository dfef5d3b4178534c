import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { root } from '../paths.mjs';

/**
 * A copy of what the work tree holds, with these packages, in which changes are played. What git ignores stays behind, but
 * for the Prisma client, which takes seconds to make.
 * @param {(file: string) => boolean} [isWanted]
 * @returns {{ dir: string, remove(): void }}
 */
export function copyTree(isWanted = () => true) {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-gate-'));
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], { cwd: root });
  for (const file of new Set(listed.toString().split('\0')))
    if (file !== '' && isWanted(file) && existsSync(path.join(root, file))) {
      mkdirSync(path.dirname(path.join(dir, file)), { recursive: true });
      cpSync(path.join(root, file), path.join(dir, file), { force: true });
    }
  const generated = path.join('prisma', 'generated');
  if (isWanted(generated)) cpSync(path.join(root, generated), path.join(dir, generated), { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(dir, 'node_modules'), 'junction');
  return { dir, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

/** What the workflow bundle is made of. @param {string} file */
export const isWorkflowCode = (file) => file.startsWith('workflows/') || file.startsWith('contract/');
