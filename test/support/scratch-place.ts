import { statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** Containers give their shared memory 64 MB by default, which a run's databases outgrow. */
const ROOM_BYTES = 2 * 1024 ** 3;

/** Where data lies that need not outlive its test: in memory where there is room for it, as no test waits for a disk there. */
export function scratchPlace(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    if (bavail * bsize >= ROOM_BYTES) return '/dev/shm';
  } catch {
    // Only Linux has it.
  }
  return tmpdir();
}
