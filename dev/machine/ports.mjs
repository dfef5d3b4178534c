import { randomInt } from 'node:crypto';
import { connect, createServer } from 'node:net';

/**
 * @param {number} port
 * @returns {Promise<boolean>} whether the port of 127.0.0.1 is taken. Both ways of asking are needed: some systems let
 *   one bind 127.0.0.1 beside a listener on all addresses, and a listener with a full queue does not answer.
 */
export async function isListening(port) {
  return !(await canBind(port)) || (await answers(port));
}

/** @param {number} port @returns {Promise<boolean>} */
function canBind(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** @param {number} port @returns {Promise<boolean>} */
export function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: 1_000 });
    const end = (/** @type {boolean} */ result) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
    socket.once('timeout', () => end(false));
  });
}

/** Below what Linux (32768) and macOS and Windows (49152) give to outgoing connections, which take a port at any moment. */
const STANDING = { from: 20_000, to: 32_000 };
/** @type {Set<number>} */
const given = new Set();

/** @returns {Promise<number>} a port on loopback that was free a moment ago, and that no outgoing connection will take */
export async function freePort() {
  const port = await firstFreePort(randomInt(STANDING.from, STANDING.to), given);
  given.add(port);
  return port;
}

/**
 * @param {number} from
 * @param {ReadonlySet<number>} [taken] ports somebody else is about to use
 * @returns {Promise<number>} the first free port at or above `from`
 */
export async function firstFreePort(from, taken = new Set()) {
  for (let port = from; port < 65_536; port += 1) if (!taken.has(port) && !(await isListening(port))) return port;
  throw new Error(`No port from ${from} upwards is free on 127.0.0.1.`);
}
