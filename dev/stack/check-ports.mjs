import { describeHolder } from '../machine/port-holder.mjs';
import { firstFreePort, isListening } from '../machine/ports.mjs';

/** @typedef {import('./settings.mjs').PortSetting} PortSetting */

/**
 * Looks at all ports before anything starts.
 * @param {readonly PortSetting[]} wanted those the stack will listen on
 * @returns {Promise<{ problems: string[], moved: Map<string, number> }>} one sentence for each port that cannot be had;
 *   and, by variable, where those that may move have moved to
 */
export async function checkPorts(wanted) {
  const problems = [];
  const moved = new Map();
  const taken = new Set(wanted.map(({ port }) => port));
  /** @type {Map<number, PortSetting>} */
  const first = new Map();
  for (const setting of wanted) {
    const { variable, what, port, moves } = setting;
    const twin = first.get(port);
    if (!twin) first.set(port, setting);
    if (!twin && !(await isListening(port))) continue;
    const free = await firstFreePort(port + 1, taken);
    taken.add(free);
    if (moves) {
      moved.set(variable, free);
      continue;
    }
    const holder = twin ? `meant for ${twin.what} (${twin.variable}) too` : `in use by ${describeHolder(port)}`;
    problems.push(`Port ${port} for ${what} is ${holder}: stop that, or set ${variable}=${free}`);
  }
  return { problems, moved };
}
