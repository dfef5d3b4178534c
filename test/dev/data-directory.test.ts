import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { jwtVerify } from 'jose';
import { expect, onTestFinished, test } from 'vitest';
import { isLock, tryLock } from '../../dev/machine/lock.mjs';
import { isAlive } from '../../dev/machine/processes.mjs';
import { root } from '../../dev/paths.mjs';
import { endLeftOvers, leftOvers, recordOf, stackLock, writeProcesses } from '../../dev/stack/records.mjs';
import { readSecrets, writeSecrets } from '../../dev/stack/secrets.mjs';
import { makeTokens } from '../../dev/stack/tokens.mjs';
import { ensureWebhookEndpoint } from '../../dev/stack/webhook-endpoint.mjs';
import { startEmulator } from '../../stripe-emulator/index.js';
import { scratchDir } from './scratch.js';

const silent = () => undefined;

/** `npm run <command>` on a data directory, without a terminal. */
function command(name: 'reset' | 'status', dataDir: string, ...args: string[]) {
  const env = { ...process.env, DATA_DIR: dataDir };
  const { status, stdout, stderr } = spawnSync(process.execPath, [`dev/${name}.mjs`, ...args], {
    cwd: root,
    env,
    encoding: 'utf8',
  });
  return { code: status, text: stdout + stderr };
}

function stays() {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child.pid ?? 0;
}

test('what a killed supervisor has left running is ended, and nothing else', async () => {
  const dataDir = scratchDir();
  const [ours, other] = [stays(), stays()];
  writeProcesses(dataDir, { relay: recordOf(ours), worker: { ...recordOf(other), birth: 'long ago' } });
  expect(Object.keys(leftOvers(dataDir))).toEqual(['relay']);
  const lines: string[] = [];
  await endLeftOvers(dataDir, (line) => lines.push(line));
  expect(lines).toEqual([`Ending what an earlier stack has left running: relay (pid ${ours})`]);
  expect([isAlive(ours), isAlive(other)]).toEqual([false, true]);
});

test('status without a stack says so, and what an earlier one has left', () => {
  const dataDir = scratchDir();
  expect(command('status', dataDir)).toEqual({ code: 1, text: `No stack runs on ${dataDir}.\n` });
  const pid = stays();
  writeProcesses(dataDir, { relay: recordOf(pid) });
  expect(command('status', dataDir).text).toContain(`An earlier one has left running: relay (pid ${pid})`);
});

test('reset says what it would delete and deletes nothing when nobody can be asked', () => {
  const dataDir = scratchDir();
  mkdirSync(path.join(dataDir, 'postgres'));
  writeFileSync(path.join(dataDir, 'postgres', 'table'), Buffer.alloc(3 * 1024 * 1024));
  const { code, text } = command('reset', dataDir);
  expect(code).toBe(1);
  expect(text).toMatch(/postgres +3 MB +the database/);
  expect(text).toContain('--yes');
  expect(existsSync(path.join(dataDir, 'postgres', 'table'))).toBe(true);
});

test('reset --yes deletes what the stack has written and nothing else', () => {
  const dataDir = scratchDir();
  for (const name of ['postgres', 'kafka', 'letters']) mkdirSync(path.join(dataDir, name));
  writeFileSync(path.join(dataDir, 'secrets.json'), '{}');
  expect(command('reset', dataDir, '--yes').code).toBe(0);
  expect(readdirSync(dataDir)).toEqual(['letters']);
});

test('reset refuses while a stack runs', () => {
  const dataDir = scratchDir();
  mkdirSync(path.join(dataDir, 'postgres'));
  expect(isLock(tryLock(stackLock(dataDir)))).toBe(true);
  expect(command('reset', dataDir, '--yes')).toEqual({
    code: 1,
    text: `A stack runs on ${dataDir} (pid ${process.pid}): stop it first.\n`,
  });
  expect(existsSync(path.join(dataDir, 'postgres'))).toBe(true);
});

test('secrets and tokens are the same over restarts, and readable by their owner only', async () => {
  const dataDir = scratchDir();
  const [first, second] = [readSecrets(dataDir), readSecrets(dataDir)];
  expect(second).toEqual(first);
  expect(statSync(path.join(dataDir, 'secrets.json')).mode & 0o777).toBe(0o600);
  const tokensOf = ({ jwtSecret, issuedAt }: typeof first) => makeTokens({ secret: jwtSecret, issuedAt });
  const tokens = await tokensOf(first);
  expect(await tokensOf(second)).toEqual(tokens);
  const key = new TextEncoder().encode(first.jwtSecret);
  const { payload: customer } = await jwtVerify(tokens.customer, key);
  const { payload: operator } = await jwtVerify(tokens.operator, key);
  expect(customer.sub).toBe('67458e9c1234567890fedcba');
  expect(operator).toMatchObject({ sub: 'operator-local', role: 'operator' });
});

test('damaged secrets are told of and kept, for new ones would make every token worthless', () => {
  const dataDir = scratchDir();
  writeFileSync(path.join(dataDir, 'secrets.json'), '{ "jwtSecret": ');
  expect(() => readSecrets(dataDir)).toThrow(/secrets\.json cannot be read .* mend it, or delete it/);
  expect(readFileSync(path.join(dataDir, 'secrets.json'), 'utf8')).toBe('{ "jwtSecret": ');
});

test('our webhook endpoint is registered once, and moves with the port', async () => {
  const dataDir = scratchDir();
  const emulator = await startEmulator({
    port: 0,
    host: '127.0.0.1',
    dataDir: path.join(dataDir, 'stripe'),
    log: silent,
  });
  onTestFinished(() => emulator.close());
  const api = `http://127.0.0.1:${emulator.port}`;
  const at = (port: number) => `http://127.0.0.1:${port}/v1/payment/webhook`;
  const start = async (port: number) => {
    const { webhookEndpoint: known, ...secrets } = readSecrets(dataDir);
    const endpoint = await ensureWebhookEndpoint({ api, url: at(port), secretKey: 'sk_test_local', known });
    writeSecrets(dataDir, { ...secrets, webhookEndpoint: endpoint });
    return endpoint;
  };
  const first = await start(5005);
  expect(first.secret).toMatch(/^whsec_/);
  expect(await start(5005)).toEqual(first);
  const moved = await start(5006);
  expect(moved.id).not.toBe(first.id);
  const listed = await fetch(`${api}/v1/webhook_endpoints`, { headers: { authorization: 'Bearer sk_test_local' } });
  const { data } = (await listed.json()) as { data: { url: string }[] };
  expect(data.map(({ url }) => url)).toEqual([at(5006)]);
});
