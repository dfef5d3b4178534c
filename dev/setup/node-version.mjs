import { readFileSync } from 'node:fs';

/**
 * @param {string} [running]
 * @returns {string | undefined} one sentence when this Node is too old for the platform
 */
export function nodeTooOld(running = process.versions.node) {
  const { engines } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const wanted = engines.node.replace('>=', '');
  const [a, b] = [running, wanted].map((version) => version.split('.').map(Number));
  if (a[0] > b[0] || (a[0] === b[0] && a[1] >= (b[1] || 0))) return undefined;
  return `Node.js ${running} is too old: Holdfast needs ${wanted} or newer (https://nodejs.org).`;
}
