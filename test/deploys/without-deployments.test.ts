import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startChild, untilReady } from '../../dev/parts/child.mjs';
import { askTemporal, freePort } from '../../dev/parts/index.mjs';
import { readDeployment } from '../../temporal/deployments/deployment.js';
import { deploymentOf } from '../../temporal/deployments/make-current.js';

const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-test-server-'));
let address: string;
let server: Awaited<ReturnType<typeof startChild>>;
beforeAll(async () => {
  const port = await freePort();
  address = `127.0.0.1:${port}`;
  server = await startChild({
    name: "Temporal's test server",
    command: process.env.TEMPORAL_TEST_SERVER ?? '',
    args: [String(port)],
    log: path.join(dir, 'server.log'),
  });
  await untilReady(server, { name: "Temporal's test server", probe: () => askTemporal(address) });
});
afterAll(async () => {
  await server.stop();
  rmSync(dir, { recursive: true });
});

test('a server without worker deployments is found out, on both kinds of connection, and told in a sentence', async () => {
  for (const connection of [await Connection.connect({ address }), await NativeConnection.connect({ address })]) {
    const asked = { workflowService: connection.workflowService, namespace: 'default' };
    expect(await readDeployment(asked)).toBeNull();
    await expect(deploymentOf(asked)).rejects.toThrow(/no worker deployments/);
    await connection.close();
  }
});
