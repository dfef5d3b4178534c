import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { download } from '../../dev/parts/download.mjs';
import { scratchDir } from './scratch.js';

const body = Buffer.alloc(200_000, 'holdfast');
const sha256 = { algorithm: 'sha256' as const, hex: createHash('sha256').update(body).digest('hex') };

/** A vendor on this machine. */
async function vendor(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  onTestFinished(() => server.close().closeAllConnections());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/part.tgz`;
}

test('a download with the right sum is kept', async () => {
  const url = await vendor((_, response) => response.end(body));
  const file = path.join(scratchDir(), 'part');
  await download(url, file, sha256);
  expect(readFileSync(file).equals(body)).toBe(true);
});

test('a download with another sum is refused, naming both', async () => {
  const url = await vendor((_, response) => response.end('something else'));
  await expect(download(url, path.join(scratchDir(), 'part'), sha256)).rejects.toThrow(
    new RegExp(`has sha256 [0-9a-f]{64}, expected ${sha256.hex}`),
  );
});

test('a transfer that breaks off is told as such', async () => {
  const url = await vendor((_, response) => {
    response.writeHead(200, { 'content-length': body.length });
    response.write(body.subarray(0, 1000), () => response.destroy());
  });
  await expect(download(url, path.join(scratchDir(), 'part'), sha256)).rejects.toThrow('broke off');
});

test('a vendor that cannot be reached, or has no such file, is one sentence', async () => {
  const missing = await vendor((_, response) => response.writeHead(404).end());
  const file = path.join(scratchDir(), 'part');
  await expect(download(missing, file, sha256)).rejects.toThrow('could not be reached: it answered 404');
  await expect(download('http://127.0.0.1:9/part.tgz', file, sha256)).rejects.toThrow(
    '127.0.0.1:9 could not be reached',
  );
});
