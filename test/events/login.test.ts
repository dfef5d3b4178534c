import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findJava, freePort, startKafka } from '../../dev/parts/index.mjs';
import { createKafka, type KafkaConnection } from '../../events/transport/kafka.js';
import { createPublisher } from '../../events/transport/publisher.js';
import { tailTopic } from '../../events/transport/tail.js';
import { createLogger } from '../../platform/log.js';

const PASSWORD = 'open sesame';
const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-login-'));
const ca = path.join(dir, 'ca.pem');
const lines: string[] = [];
const log = createLogger('test', 'trace', { write: (line) => lines.push(line) });
let broker: Awaited<ReturnType<typeof startKafka>>;
let guarded: KafkaConnection;

beforeAll(async () => {
  const keystore = await selfSigned();
  const port = await freePort();
  const properties = {
    'sasl.enabled.mechanisms': 'PLAIN',
    'listener.name.guarded.plain.sasl.jaas.config': `org.apache.kafka.common.security.plain.PlainLoginModule required user_shop="${PASSWORD}";`,
    'ssl.keystore.location': keystore,
    'ssl.keystore.password': PASSWORD,
    'ssl.keystore.type': 'PKCS12',
  };
  broker = await startKafka({
    dataDir: path.join(dir, 'kafka'),
    port: await freePort(),
    log: path.join(dir, 'kafka.log'),
    guarded: { port, protocol: 'SASL_SSL', properties },
  });
  const admin = createKafka({ KAFKA_BROKERS: broker.brokers }, 'test', log).admin();
  await admin.connect();
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic: 'guarded', numPartitions: 1 }] });
  await admin.disconnect();
  guarded = {
    KAFKA_BROKERS: [`127.0.0.1:${port}`],
    KAFKA_SSL: true,
    KAFKA_SSL_CA: ca,
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_SASL_USERNAME: 'shop',
    KAFKA_SASL_PASSWORD: PASSWORD,
  };
});
afterAll(async () => {
  await broker?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** Java's own tool makes a certificate for 127.0.0.1. @returns path of its key store */
async function selfSigned(): Promise<string> {
  const keytool = path.join(path.dirname((await findJava()).java), 'keytool');
  const store = path.join(dir, 'broker.p12');
  const at = ['-alias', 'broker', '-keystore', store, '-storepass', PASSWORD, '-storetype', 'PKCS12'];
  const subject = ['-dname', 'CN=127.0.0.1', '-ext', 'san=ip:127.0.0.1', '-ext', 'bc=ca:true'];
  await promisify(execFile)(keytool, ['-genkeypair', '-keyalg', 'EC', ...at, ...subject]);
  await promisify(execFile)(keytool, ['-exportcert', '-rfc', '-file', ca, ...at]);
  return store;
}
async function publish(connection: KafkaConnection): Promise<void> {
  const publisher = createPublisher(createKafka(connection, 'test', log), log);
  try {
    await publisher.publish([{ topic: 'guarded', key: 'order-1', value: 'told', headers: {} }]);
  } finally {
    await publisher.close();
  }
}

test('over TLS and with the right password, facts are published and heard', async () => {
  await publish(guarded);
  const heard: (string | null)[] = [];
  const kafka = createKafka(guarded, 'test', log);
  const all = { fromBeginning: true, max: 1, signal: AbortSignal.timeout(20_000) };
  await tailTopic(kafka, 'guarded', all, ({ value }) => heard.push(value));
  expect(heard).toEqual(['told']);
});

describe('nobody else comes in', () => {
  test.each([
    ['with a wrong password', () => ({ ...guarded, KAFKA_SASL_PASSWORD: 'open barley' }), /authentication failed/i],
    ['without a login', () => ({ KAFKA_BROKERS: guarded.KAFKA_BROKERS, KAFKA_SSL: true, KAFKA_SSL_CA: ca }), /./],
    ['trusting the certificates of others alone', () => ({ ...guarded, KAFKA_SSL_CA: undefined }), /self.signed/i],
  ])('%s', async (_how, connection, reason) => {
    await expect(publish(connection())).rejects.toThrow(reason);
  });
});

test('no password is in the log', () => {
  expect(lines.length).toBeGreaterThan(0);
  expect(lines.filter((line) => /open (sesame|barley)/.test(line))).toEqual([]);
});
