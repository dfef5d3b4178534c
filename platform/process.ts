import { setTimeout as delay } from 'node:timers/promises';
import closeWithGrace from 'close-with-grace';
import { type Config, ConfigError, EXIT_CONFIG, loadConfig } from './config.js';
import { createLogger, type Logger } from './log.js';

/** A started part of a process, stopped in the reverse order of its start. */
export interface Running {
  readonly name: string;
  /** asks whoever sends it requests to send them elsewhere; it goes on answering for DRAIN_SECONDS */
  drain?(): void;
  stop(): Promise<void>;
}

/** The configuration; where a variable is bad, one sentence on stderr that names it, and exit 78. For every command. */
export function configOrExit(): Config {
  try {
    return loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
}

/** What all parts together have to stop in, after the drain. */
const STOP_WITHIN_MS = 12_000;

/**
 * The frame of every process: read the configuration, start the parts, and on SIGTERM, SIGINT or a crash stop them in
 * reverse, each once: a server of requests says first that it is not ready and goes on for DRAIN_SECONDS; then no new work,
 * what is under way finishes, everything disconnects, exit 0 (1 after a crash).
 */
export async function runProcess(
  service: string,
  start: (config: Config, log: Logger, started: (part: Running) => void) => Promise<void>,
): Promise<void> {
  const config = configOrExit();
  const log = createLogger(service, config.LOG_LEVEL);
  const running: Running[] = [];
  const drainMs = config.DRAIN_SECONDS * 1000;
  closeWithGrace({ delay: drainMs + STOP_WITHIN_MS, logger: false }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, `${service} crashed and stops`);
    else log.info({ signal }, `${service} stops`);
    const draining = err ? [] : running.filter((part) => part.drain !== undefined);
    for (const part of draining) part.drain?.();
    if (draining.length > 0) await delay(drainMs);
    for (const part of running.toReversed())
      await part.stop().catch((error: unknown) => log.error({ err: error }, `${part.name} did not stop cleanly`));
    log.info(`${service} stopped`);
  });
  try {
    await start(config, log, (part) => running.push(part));
  } catch (error) {
    log.fatal({ err: error }, `${service} could not start: ${error instanceof Error ? error.message : String(error)}`);
    for (const part of running.toReversed()) await part.stop().catch(() => undefined);
    process.exit(error instanceof ConfigError ? EXIT_CONFIG : 1);
  }
}
