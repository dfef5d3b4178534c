import { causeNames } from '../../operations/attention/causes.js';
import { countAttention } from '../../operations/attention/diagnosed.js';
import type { Metrics } from '../../platform/metrics.js';

/** The gauge `attention`: what needs an operator, by cause. */
export function attentionMetrics(metrics: Metrics, deps: Parameters<typeof countAttention>[0]): void {
  metrics.gauges('attention', 'What stands in front of a person, by cause', ['cause'], async () => {
    const counts = await countAttention(deps);
    return causeNames.map((cause) => ({ labels: { cause }, value: counts[cause] }));
  });
}
