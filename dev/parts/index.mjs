/** The parts the platform runs on: found or fetched, and started. The local stack and the tests use the same functions. */

export { freePort } from '../machine/ports.mjs';
export { PartError } from './child.mjs';
export { findChromium } from './chromium.mjs';
export { findJava } from './java.mjs';
export { askKafka, startKafka } from './kafka.mjs';
export { findKafkaJars } from './kafka-jars.mjs';
export { startPostgres } from './postgres.mjs';
export { askTemporal, startTemporal } from './temporal.mjs';
export { findTemporalCli } from './temporal-cli.mjs';
export { findTestServer } from './test-server.mjs';
