/**
 * Stands between one process and PostgreSQL and understands as much of what they say as is needed to stop the world at a
 * statement: https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { HoldingGate, type Point } from './gate.js';

/** Which statement is meant. */
export interface Wanted {
  readonly text: RegExp;
  /** what its parameters must contain, each of them */
  readonly about?: readonly string[];
  /** what its answer must contain; holds the answer */
  readonly answer?: string;
}

export interface PostgresProxy {
  readonly url: string;
  /**
   * Holds the first such statement: `before` it is sent; `after` it is executed and before its transaction ends, so that
   * losing the connection rolls it back; when it is `committed`, its answer withheld.
   */
  gate(wanted: Wanted, point: Point): HoldingGate;
  close(): Promise<void>;
}

export async function startPostgresProxy(databaseUrl: string): Promise<PostgresProxy> {
  const target = new URL(databaseUrl);
  const sessions = new Set<Session>();
  let gates: Rule[] = [];
  const find: Find = (text, isRight) => {
    gates = gates.filter(({ gate }) => gate.isFree);
    return gates.find(({ wanted }) => wanted.text.test(text) && isRight(wanted));
  };
  const server = createServer((client) => {
    const session = new Session(client, connect(Number(target.port), target.hostname), find);
    sessions.add(session);
    client.once('close', () => sessions.delete(session));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = new URL(databaseUrl);
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    gate: (wanted, point) => {
      const gate = new HoldingGate();
      gates.push({ wanted, point, gate });
      return gate;
    },
    close: async () => {
      for (const session of sessions) session.cut();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The first rule that is free and meant for such a statement. */
type Find = (text: string, isRight: (wanted: Wanted) => boolean) => Rule | undefined;

interface Rule {
  readonly wanted: Wanted;
  readonly point: Point;
  readonly gate: HoldingGate;
}

/** One connection. What is on its way is kept in whole messages, so that it can be held between any two. */
class Session {
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #find: Find;
  readonly #statements = new Map<string, string>();
  /** what the client has said since it was stopped */
  #heldWords: Buffer[] | undefined;
  /** what the server has answered since its answers were stopped */
  #heldAnswers: Buffer[] | undefined;
  #rule: Rule | undefined;
  /** the statement that is being executed */
  #text = '';

  constructor(client: Socket, server: Socket, find: Find) {
    [this.#client, this.#server, this.#find] = [client, server, find];
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => this.cut());
      socket.on('close', () => this.cut());
    }
    client.on(
      'data',
      messages(false, (message) => this.#say(message)),
    );
    server.on(
      'data',
      messages(true, (message) => this.#answer(message)),
    );
  }

  cut(): void {
    this.#client.destroy();
    this.#server.destroy();
  }

  #say(message: Buffer): void {
    const kind = kindOf(message);
    if (kind === 'P') {
      const [name, text] = texts(message, 2);
      this.#statements.set(name, text);
    }
    if (this.#heldWords) {
      this.#heldWords.push(message);
      return;
    }
    if (kind === 'B' && !this.#rule) this.#meet(message);
    if (this.#heldWords) return;
    this.#server.write(message);
    if (kind === 'E' && this.#rule?.point === 'after' && !this.#rule.wanted.answer) {
      // Its answer is asked for without the Sync that would commit it.
      this.#server.write(FLUSH);
      this.#heldWords = [];
    }
  }

  /** A statement is about to be executed. */
  #meet(bind: Buffer): void {
    const [, name] = texts(bind, 2);
    this.#text = this.#statements.get(name) ?? '';
    this.#rule = this.#find(this.#text, ({ about = [] }) => about.every((word) => bind.includes(word)));
    if (!this.#rule) return;
    if (this.#rule.point === 'before') {
      this.#heldWords = [bind];
      this.#stand();
    } else this.#heldAnswers = [];
  }

  #answer(message: Buffer): void {
    if (!this.#heldAnswers || !this.#rule) {
      this.#client.write(message);
      return;
    }
    this.#heldAnswers.push(message);
    const kind = kindOf(message);
    const { point, wanted } = this.#rule;
    if (wanted.answer) {
      if (kind !== 'Z') return;
      // Several may wait for answers to the same statement, each for its own.
      const answers = Buffer.concat(this.#heldAnswers);
      const rule = this.#find(this.#text, (each) => each.answer !== undefined && answers.includes(each.answer));
      if (rule) this.#rule = rule;
      if (rule) this.#stand();
      else this.#open();
    } else if (point === 'after') {
      if (kind === 'C') this.#stand();
      else if (kind === 'E') this.#open(); // it has failed by itself
    } else if (kind === 'Z') {
      if (message[5] === IDLE) this.#stand();
      else this.#passAnswers(); // its transaction goes on: what commits it is yet to come
    }
  }

  #stand(): void {
    this.#rule?.gate.hold({
      open: () => this.#open(),
      cut: () => this.cut(),
      refuse: () => {
        this.#client.end(ADMIN_SHUTDOWN);
        this.#server.destroy();
      },
    });
  }

  #passAnswers(): void {
    for (const message of this.#heldAnswers ?? []) this.#client.write(message);
    this.#heldAnswers = [];
  }

  #open(): void {
    this.#passAnswers();
    for (const message of this.#heldWords ?? []) this.#server.write(message);
    this.#heldWords = undefined;
    this.#heldAnswers = undefined;
    this.#rule = undefined;
  }
}

const IDLE = 'I'.charCodeAt(0);
const FLUSH = Buffer.from([0x48, 0, 0, 0, 4]);
/** FATAL 57P01, as a server says it that is shut down. */
const ADMIN_SHUTDOWN = errorMessage('SFATAL\0VFATAL\0C57P01\0Mterminating connection due to administrator command\0\0');

function errorMessage(fields: string): Buffer {
  const message = Buffer.alloc(5 + Buffer.byteLength(fields));
  message.write('E', 0);
  message.writeInt32BE(message.length - 1, 1);
  message.write(fields, 5);
  return message;
}

const kindOf = (message: Buffer): string => String.fromCharCode(message[0] ?? 0);

/** The zero-terminated texts with which a message begins. */
function texts(message: Buffer, count: number): [string, string] {
  const found: string[] = [];
  for (let at = 5; found.length < count; ) {
    const end = message.indexOf(0, at);
    found.push(message.toString('utf8', at, end));
    at = end + 1;
  }
  return [found[0] ?? '', found[1] ?? ''];
}

/** Cuts a stream into its messages. The first one of a client has no kind before its length. */
function messages(hasKind: boolean, each: (message: Buffer) => void): (chunk: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0);
  let isTyped = hasKind;
  return (chunk) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (;;) {
      const head = isTyped ? 1 : 0;
      if (rest.length < head + 4) return;
      const length = head + rest.readInt32BE(head);
      if (rest.length < length) return;
      const message = rest.subarray(0, length);
      rest = rest.subarray(length);
      isTyped = true;
      each(message);
    }
  };
}
