import { connect } from 'node:net';

export interface RawAnswer {
  readonly status: number;
  /** names in lower case */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/**
 * Sends bytes as they are, which no HTTP client would, and reads one answer until the server closes or the body is
 * whole. A server that resets the connection after its answer has answered.
 * @throws Error where the connection ends without a whole head, with what came
 */
export async function sendRaw(port: number, bytes: string | Buffer, withinMs = 5_000): Promise<RawAnswer> {
  const socket = connect({ port, host: '127.0.0.1' });
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve) => {
    socket.setTimeout(withinMs, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (isWhole(Buffer.concat(chunks).toString())) socket.destroy();
    });
    // The answer, not the way the connection ended, is what the caller asks for.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve());
    socket.write(bytes);
  });
  const received = Buffer.concat(chunks).toString();
  const answer = parse(received);
  if (!answer) throw new Error(`no HTTP answer, but ${JSON.stringify(received.slice(0, 200))}`);
  return answer;
}

function parse(received: string): RawAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  const [line = '', ...fields] = received.slice(0, end).split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(line)?.[1];
  if (end === -1 || !status) return undefined;
  const headers = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return { status: Number(status), headers: Object.fromEntries(headers), text: received.slice(end + 4) };
}

const isWhole = (received: string): boolean => {
  const answer = parse(received);
  const length = answer?.headers['content-length'];
  return answer !== undefined && length !== undefined && Buffer.byteLength(answer.text) >= Number(length);
};
