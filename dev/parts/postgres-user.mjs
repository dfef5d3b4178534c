import { execFileSync } from 'node:child_process';
import { existsSync, lchownSync, lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { PartError } from './child.mjs';

/**
 * @typedef {object} ServerUser whom PostgreSQL runs as
 * @property {(binary: string, args: readonly string[]) => Invocation} run how one of its programs is started as that user
 * @property {(file: string) => void} own gives a file, or a directory with all that is in it, to that user
 *
 * @typedef {{ uid: number, gid: number }} Ids
 * @typedef {{ command: string, args: readonly string[], user: Ids | undefined }} Invocation
 */

/**
 * PostgreSQL refuses to run as root. There it runs as `postgres`, or as `nobody` where that user is missing. When a
 * parent of its files is closed to others (a clone under /root, a `mktemp -d`), setpriv leaves it root's right to pass.
 * @param {readonly string[]} files absolute paths the server must reach
 * @returns {Promise<ServerUser>}
 * @throws PartError when there is no such way
 */
export async function serverUser(files) {
  if (process.getuid?.() !== 0)
    return { run: (command, args) => ({ command, args, user: undefined }), own: () => undefined };
  const ids = idsOf('postgres') ?? idsOf('nobody');
  if (!ids)
    throw new PartError('PostgreSQL does not run as root, and there is no user "postgres" or "nobody" to run it as.');
  const own = (/** @type {string} */ file) => giveTo(file, ids);
  const closed = files.map((file) => closedParent(file, ids)).find((dir) => dir !== undefined);
  if (!closed) return { run: (command, args) => ({ command, args, user: ids }), own };
  const privileges = ['--clear-groups', '--inh-caps=+dac_override', '--ambient-caps=+dac_override'];
  const before = [`--reuid=${ids.uid}`, `--regid=${ids.gid}`, ...privileges];
  try {
    execFileSync('setpriv', [...before, 'true'], { stdio: 'pipe' });
  } catch {
    throw new PartError(
      `PostgreSQL does not run as root, and the user it runs as cannot enter ${closed}: "chmod o+x ${closed}", or use another place.`,
    );
  }
  return { run: (binary, args) => ({ command: 'setpriv', args: [...before, binary, ...args], user: undefined }), own };
}

/** @param {string} name @returns {Ids | undefined} */
function idsOf(name) {
  const id = (/** @type {string} */ flag) =>
    Number(execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
  try {
    return { uid: id('-u'), gid: id('-g') };
  } catch {
    return undefined;
  }
}

/** The first directory above `file` that `ids` may not pass through. @param {string} file @param {Ids} ids */
function closedParent(file, ids) {
  const parents = [];
  for (let dir = path.dirname(file); dir !== path.dirname(dir); dir = path.dirname(dir)) parents.push(dir);
  return parents.reverse().find((dir) => {
    if (!existsSync(dir)) return false; // made later, by us, open to others
    const { mode, uid, gid } = lstatSync(dir);
    const bit = uid === ids.uid ? 0o100 : gid === ids.gid ? 0o010 : 0o001;
    return (mode & 0o170000) !== 0o120000 && (mode & bit) === 0;
  });
}

/** @param {string} file @param {Ids} ids */
function giveTo(file, ids) {
  const stat = lstatSync(file);
  if (stat.uid === ids.uid && stat.gid === ids.gid) return; // its contents went with it
  if (stat.isDirectory()) for (const name of readdirSync(file)) giveTo(path.join(file, name), ids);
  lchownSync(file, ids.uid, ids.gid);
}
