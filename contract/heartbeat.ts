/** So long after an attempt's last heartbeat, or its start, its worker is taken for dead and the next attempt begins. */
export const HEARTBEAT_TIMEOUT = '5s';

/** How often an attempt says that it is alive: several times, so that a busy machine is not a dead one. */
export const HEARTBEAT_EVERY_MS = 1_000;
