/**
 * First who takes work in, then who does it, then what they stand on. Within one group all stop at once; the times add
 * up to less than the 15 s in which everything is gone.
 */
const groups = [
  { roles: ['payment', 'orders', 'products'], graceMs: 5_000 },
  { roles: ['relay', 'worker'], graceMs: 4_000 },
  { roles: ['emulator', 'kafka', 'temporal', 'postgres'], graceMs: 4_000 },
];

/**
 * Stops what there is of each group, one group after the other; safe to call twice.
 * @param {ReadonlyMap<string, Pick<import('./supervisor.mjs').Supervised, 'stop'>>} running by role
 * @param {() => boolean} hurried whether to wait no longer
 */
export async function stopInOrder(running, hurried) {
  for (const { roles, graceMs } of groups)
    await Promise.all(roles.map(async (role) => running.get(role)?.stop(hurried() ? 0 : graceMs)));
}
