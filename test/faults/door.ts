/** Stands between one process and Temporal. What they say is not understood, only kept back, cut or refused. */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { eventually } from '../support/eventually.js';
import { type Gate, REACHED_WITHIN_MS } from './gate.js';

/** `in`: what is said to the server; `out`: what it answers. */
export type Direction = 'in' | 'out';

export interface Door {
  /** host:port */
  readonly address: string;
  /** Keeps back what goes in this direction from now on, until it is opened or cut. @param isThere whether the moment has come */
  freeze(direction: Direction, isThere: () => Promise<boolean>): Gate;
  /** Refuses connections, and ends those that are there. @returns what opens it again */
  shut(): () => void;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export async function openDoor(target: string): Promise<Door> {
  const [host = '', port] = target.split(':');
  const pairs = new Set<Pair>();
  const frozen: Record<Direction, number> = { in: 0, out: 0 };
  let held: { readonly to: Socket; readonly chunk: Buffer; readonly direction: Direction }[] = [];
  let isShut = 0;

  const cutAll = (): void => {
    held = [];
    for (const { client, server } of pairs) for (const socket of [client, server]) socket.destroy();
  };
  const carry = (direction: Direction, from: Socket, to: Socket): void => {
    from.on('data', (chunk: Buffer) => {
      if (frozen[direction] > 0) held.push({ to, chunk, direction });
      else to.write(chunk);
    });
    for (const event of ['error', 'close']) from.on(event, () => to.destroy());
  };
  const listener = createServer((client) => {
    if (isShut > 0) {
      client.destroy();
      return;
    }
    const pair = { client, server: connect(Number(port), host) };
    pairs.add(pair);
    carry('in', client, pair.server);
    carry('out', pair.server, client);
    client.once('close', () => pairs.delete(pair));
  });
  await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));

  const shut = (): (() => void) => {
    isShut += 1;
    cutAll();
    let opened = false;
    return () => {
      if (!opened) isShut -= 1;
      opened = true;
    };
  };
  return {
    address: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    freeze: (direction, isThere) => {
      frozen[direction] += 1;
      let over = false;
      const end = (how: () => void): void => {
        if (over) return;
        over = true;
        frozen[direction] -= 1;
        how();
      };
      const thaw = (): void => {
        if (frozen[direction] > 0) return;
        const kept = held.filter((each) => each.direction === direction);
        held = held.filter((each) => each.direction !== direction);
        for (const { to, chunk } of kept) to.write(chunk);
      };
      const isHeld = async () => held.some((each) => each.direction === direction) && (await isThere());
      return {
        reached: async (withinMs = REACHED_WITHIN_MS) => void (await eventually(isHeld, Boolean, withinMs)),
        open: () => end(thaw),
        cut: () => end(cutAll),
        refuse: () => end(cutAll),
      };
    },
    shut,
    close: async () => {
      cutAll();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
