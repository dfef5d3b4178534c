/** `degraded`: it works, but something it would like to have is away. `down`: it cannot do its work. */
export type HealthState = 'ok' | 'degraded' | 'down';

export interface HealthReport {
  readonly status: HealthState;
  readonly service: string;
  readonly checks: Readonly<Record<string, { readonly status: HealthState; readonly detail?: string }>>;
}

export interface HealthCheck {
  /** what it needs: `database`, `temporal`, `kafka`, `stripe`, `outbox` */
  readonly name: string;
  /** what its failure means for the service */
  readonly whenFailing: 'degraded' | 'down';
  /** resolves when well, with a sentence worth showing if it is a string; rejects with the reason when not */
  readonly probe: () => Promise<unknown>;
}

export interface Health {
  report(): Promise<HealthReport>;
}

const PROBE_TIMEOUT_MS = 2_000;
/** Probes answer from memory this long, so that a busy load balancer does not become load. */
const FRESH_MS = 500;

/** Runs all probes side by side; one that hangs counts as failing after two seconds. */
export function createHealth(service: string, checks: readonly HealthCheck[]): Health {
  let latest: { at: number; report: Promise<HealthReport> } | undefined;
  const run = async (): Promise<HealthReport> => {
    const results = await Promise.all(
      checks.map(async ({ name, whenFailing, probe }) => {
        try {
          const detail = await withTimeout(probe(), PROBE_TIMEOUT_MS);
          return [name, { status: 'ok' as HealthState, ...(typeof detail === 'string' ? { detail } : {}) }] as const;
        } catch (error) {
          return [
            name,
            { status: whenFailing as HealthState, detail: error instanceof Error ? error.message : String(error) },
          ] as const;
        }
      }),
    );
    const states = results.map(([, { status }]) => status);
    const status = states.includes('down') ? 'down' : states.includes('degraded') ? 'degraded' : 'ok';
    return { status, service, checks: Object.fromEntries(results) };
  };
  return {
    report: () => {
      if (!latest || Date.now() - latest.at > FRESH_MS) latest = { at: Date.now(), report: run() };
      return latest.report;
    },
  };
}

async function withTimeout<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  try {
    return await Promise.race([
      work,
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${ms / 1000} s`)), ms);
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}
