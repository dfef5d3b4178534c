import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { PartError } from '../parts/child.mjs';
import { root } from '../paths.mjs';

/**
 * @typedef {{ variable: string, what: string, port: number, moves: boolean }} PortSetting `moves`: takes the next free one
 *
 * @typedef {object} Settings what a person has set, checked
 * @property {NodeJS.ProcessEnv} env the process's environment above .env.local above .env; empty values are left out
 * @property {string} dataDir absolute
 * @property {'auto' | 'off'} kafka
 * @property {Record<PortName, PortSetting>} ports
 *
 * @typedef {keyof typeof portVariables} PortName
 */

const portVariables = {
  payment: { variable: 'PORT', standard: 5005, what: 'the payment service' },
  orders: { variable: 'ORDERS_PORT', standard: 3004, what: 'the orders service' },
  products: { variable: 'PRODUCTS_PORT', standard: 3001, what: 'the products service' },
  postgres: { variable: 'POSTGRES_PORT', standard: 5432, what: 'PostgreSQL' },
  temporal: { variable: 'TEMPORAL_PORT', standard: 7233, what: 'Temporal' },
  temporalUi: { variable: 'TEMPORAL_UI_PORT', standard: 8233, what: "Temporal's Web UI" },
  kafka: { variable: 'KAFKA_PORT', standard: 9092, what: 'Kafka' },
  emulator: { variable: 'STRIPE_PORT', standard: 12111, what: 'the Stripe emulator' },
};

/**
 * @param {NodeJS.ProcessEnv} [given]
 * @param {string} [dir] where .env and .env.local are looked for
 * @returns {Settings}
 * @throws PartError with one sentence that names the variable whose value is bad
 */
export function readSettings(given = process.env, dir = root) {
  const env = environment(given, dir);
  const kafka = env.KAFKA ?? 'auto';
  if (kafka !== 'auto' && kafka !== 'off') throw new PartError(`KAFKA is "${kafka}": it must be auto or off.`);
  return { env, kafka, dataDir: path.resolve(dir, env.DATA_DIR ?? '.data'), ports: readPorts(env) };
}

/** @param {NodeJS.ProcessEnv} given @param {string} dir */
function environment(given, dir) {
  const files = ['.env', '.env.local']
    .map((name) => path.join(dir, name))
    .filter((file) => existsSync(file))
    .map((file) => parseEnv(readFileSync(file, 'utf8')));
  /** @type {NodeJS.ProcessEnv} */
  const merged = Object.assign({}, ...files, given);
  return Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== ''));
}

/** @param {NodeJS.ProcessEnv} env @returns {Settings['ports']} */
function readPorts(env) {
  const entries = Object.entries(portVariables).map(([name, { variable, standard, what }]) => {
    const value = env[variable] ?? String(standard);
    const port = Number(value);
    if (!/^\d+$/.test(value) || port < 1 || port > 65_535)
      throw new PartError(`${variable} is "${value}": it must be a port from 1 to 65535.`);
    return [name, { variable, what, port, moves: name === 'postgres' }];
  });
  return Object.fromEntries(entries);
}
