import { runInForeground } from '../machine/foreground.mjs';
import { lockHolder } from '../machine/lock.mjs';
import { PartError } from '../parts/child.mjs';
import { setUp } from '../setup/index.mjs';
import { readStack, stackLock } from './records.mjs';
import { readSecrets } from './secrets.mjs';
import { serviceEnvironment } from './service-environment.mjs';
import { invocation, services } from './services.mjs';

/**
 * Runs one of the platform's processes alone, with what the environment and the .env files say; what they leave open
 * comes from the stack that runs on DATA_DIR, if one does.
 * @param {string} role
 * @param {import('./settings.mjs').Settings} settings
 * @param {readonly string[]} [more] arguments of its own
 * @returns {Promise<number>} its exit code
 */
export async function runService(role, settings, more = []) {
  if (!isRole(role)) throw new PartError(`"${role}" is no role: take one of ${Object.keys(services).join(', ')}.`);
  await setUp();
  const { command, args, cwd, env } = invocation(role, { ...stackEnvironment(settings), ...settings.env });
  return runInForeground(command, [...args, ...more], { cwd, env });
}

/** @param {string} role @returns {role is import('./services.mjs').ServiceRole} */
const isRole = (role) => role in services;

/** @param {import('./settings.mjs').Settings} settings @returns {NodeJS.ProcessEnv} */
function stackEnvironment(settings) {
  const stack = readStack(settings.dataDir);
  if (!stack || !lockHolder(stackLock(settings.dataDir))) return {};
  return serviceEnvironment(settings, {
    addresses: stack,
    namespace: 'default',
    jwtSecret: readSecrets(settings.dataDir).jwtSecret,
    secretKey: 'sk_test_local',
  });
}
