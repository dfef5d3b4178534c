/** Temporal's test server as a process of the stage's own. Its time stands still for as long as nobody lets it pass. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { type InternalConnectionOptions, InternalConnectionOptionsSymbol } from '@temporalio/client/lib/connection.js';
import { msToTs, tsToMs } from '@temporalio/common/lib/time.js';
import { searchAttributes } from '../../contract/checkout.js';
import { startChild, untilReady } from '../../dev/parts/child.mjs';
import { freePort } from '../../dev/parts/index.mjs';
import type { Time } from './script.js';

export interface TestServer extends Time {
  readonly address: string;
  readonly connection: Connection;
  close(): Promise<void>;
}

/** temporal.api.enums.v1.IndexedValueType */
const KEYWORD = 2;

/** Not by the SDK's TestWorkflowEnvironment: that gives a server five seconds to start, too few for Java on a busy machine. */
export async function startTestServer(): Promise<TestServer> {
  const command = process.env.TEMPORAL_TEST_SERVER;
  if (!command) throw new Error('TEMPORAL_TEST_SERVER is not set: run the tests by `npm test`, which finds it.');
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-test-server-'));
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  const name = 'Temporal’s test server';
  const child = await startChild({ name, command, args: [String(port)], log: path.join(dir, 'server.log') });
  const options: InternalConnectionOptions = {
    address,
    [InternalConnectionOptionsSymbol]: { supportsTestService: true },
  };
  await untilReady(child, { name, probe: async () => (await Connection.connect(options)).close() });
  const connection = await Connection.connect(options);
  await addSearchAttributes(connection);
  const { testService } = connection;
  if (!testService) throw new Error('This version of Temporal’s client does not speak to the test server any more.');
  return {
    address,
    connection,
    nowMs: async () => tsToMs((await testService.getCurrentTime({})).time),
    pass: async (ms) => {
      await testService.unlockTimeSkippingWithSleep({ duration: msToTs(ms) });
    },
    close: async () => {
      await connection.close();
      await child.kill();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** This server cannot list them, so they are not looked for first. */
async function addSearchAttributes({ operatorService }: Pick<Connection, 'operatorService'>): Promise<void> {
  await operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: Object.fromEntries(Object.values(searchAttributes).map((key) => [key.name, KEYWORD])),
  });
}
