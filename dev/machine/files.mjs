import {
  closeSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';

/**
 * Replaces a file in one step: a reader, or a crash, finds the old or the new one whole.
 * @param {string} file
 * @param {string} text
 * @param {number} [mode]
 */
export function writeAtomically(file, text, mode = 0o644) {
  mkdirSync(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}.tmp`;
  rmSync(draft, { force: true });
  const fd = openSync(draft, 'wx', mode);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(draft, file);
}

/**
 * Every regular file below a directory.
 * @param {string} dir
 * @returns {{ file: string, bytes: number }[]} paths relative to `dir`, sorted
 */
export function filesBelow(dir) {
  /** @type {{ file: string, bytes: number }[]} */
  const found = [];
  const visit = (/** @type {string} */ relative) => {
    for (const name of readdirSync(path.join(dir, relative)).sort()) {
      const file = path.join(relative, name);
      const stat = lstatSync(path.join(dir, file));
      if (stat.isDirectory()) visit(file);
      else if (stat.isFile()) found.push({ file, bytes: stat.size });
    }
  };
  visit('');
  return found;
}

/** Pushes files, or directories' entries, to the disk. @param {readonly string[]} files */
export function syncToDisk(files) {
  for (const file of files) {
    const fd = openSync(file, 'r');
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
