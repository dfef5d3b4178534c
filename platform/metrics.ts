import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Everything a process measures; one registry a process, shown at /metrics in Prometheus' text format. */
export interface Metrics {
  readonly registry: Registry;
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  histogram(name: string, help: string, buckets: readonly number[], labels?: readonly string[]): Histogram;
  /** `read` is called when the metric is collected; where it fails the last value stands */
  gauge(name: string, help: string, read: () => Promise<number>): Gauge;
  /** the same, for one number by each set of labels */
  gauges(name: string, help: string, labels: readonly string[], read: () => Promise<readonly Measured[]>): Gauge;
}

export interface Measured {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export function createMetrics(service: string): Metrics {
  const registry = new Registry();
  registry.setDefaultLabels({ service });
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    counter: (name, help, labels = []) => new Counter({ name, help, labelNames: [...labels], registers: [registry] }),
    histogram: (name, help, buckets, labels = []) =>
      new Histogram({ name, help, buckets: [...buckets], labelNames: [...labels], registers: [registry] }),
    gauge: (name, help, read) =>
      new Gauge({
        name,
        help,
        registers: [registry],
        async collect() {
          const value = await read().catch(() => undefined);
          if (value !== undefined) this.set(value);
        },
      }),
    gauges: (name, help, labels, read) =>
      new Gauge({
        name,
        help,
        labelNames: [...labels],
        registers: [registry],
        async collect() {
          const measured = await read().catch(() => []);
          for (const { labels: of, value } of measured) this.set({ ...of }, value);
        },
      }),
  };
}
