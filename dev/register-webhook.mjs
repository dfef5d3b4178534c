import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { writeAtomically } from './machine/files.mjs';
import { main } from './main.mjs';
import { ensureWebhookEndpoint } from './stack/webhook-endpoint.mjs';

/**
 * Registers a webhook endpoint at the emulator, once, and writes its signing secret to a file, for a stack of
 * containers: `--api http://emulator:12111 --url http://payment:5005/v1/payment/webhook --secret-file F`
 */
await main(async () => {
  const { values } = parseArgs({
    options: { api: { type: 'string' }, url: { type: 'string' }, 'secret-file': { type: 'string' } },
  });
  const { api, url, 'secret-file': file } = values;
  if (!api || !url || !file) throw new Error('Needed: --api, --url and --secret-file.');
  const record = `${file}.json`;
  const known = existsSync(record) ? JSON.parse(readFileSync(record, 'utf8')) : undefined;
  const endpoint = await ensureWebhookEndpoint({ api, url, secretKey: 'sk_test_local', known });
  writeAtomically(record, JSON.stringify(endpoint), 0o600);
  // Read by the services under their own user.
  writeAtomically(file, endpoint.secret, 0o644);
});
