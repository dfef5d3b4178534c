import closeWithGrace from 'close-with-grace';
import { type Config, ConfigError, EXIT_CONFIG, loadConfig } from './config.js';
import { createLogger, type Logger } from './log.js';

/** A started part of a process, stopped in the reverse order of its start. */
export interface Running {
  readonly name: string;
  stop(): Promise<void>;
}

/**
 * The frame of every process: read the configuration, start the parts, and on SIGTERM, SIGINT or a crash stop them in
 * reverse, each once: no new work, what is under way finishes, everything disconnects, exit 0 (1 after a crash).
 */
export async function runProcess(
  service: string,
  start: (config: Config, log: Logger, started: (part: Running) => void) => Promise<void>,
): Promise<void> {
  let config: Config;
  try {
    config = loadConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
  const log = createLogger(service, config.LOG_LEVEL);
  const running: Running[] = [];
  closeWithGrace({ delay: 12_000, logger: false }, async ({ err, signal }) => {
    if (err) log.fatal({ err }, `${service} crashed and stops`);
    else log.info({ signal }, `${service} stops`);
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
