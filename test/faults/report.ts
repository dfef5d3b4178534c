/** docs/faults.md, as the matrix was last played. */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { machine, percentile } from '../../bench/machine.js';
import { type Cell, cells, faults } from './cells.js';
import type { Verdict } from './checks.js';
import type { Settling } from './figures.js';
import type { SeenOutage } from './outage.js';
import { everybody, steps } from './steps.js';

export interface Played {
  readonly outcomes: ReadonlyMap<string, string | null>;
  readonly seen: readonly SeenOutage[];
  readonly verdict: Verdict;
  readonly settling: Settling;
  readonly kills: Readonly<Record<string, number>>;
  /** ms since the epoch */
  readonly begin: number;
  readonly end: number;
  readonly head: string;
}

const file = fileURLToPath(new URL('../../docs/faults.md', import.meta.url));
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

/** @returns the text, which is in docs/faults.md then */
export async function writeReport(played: Played): Promise<string> {
  const text = reportOf(played);
  await writeFile(file, text);
  return text;
}

function reportOf({ outcomes, seen, verdict, settling, kills, begin, end, head }: Played): string {
  const reasons = [...new Set(cells.flatMap(({ impossible }) => impossible ?? []))];
  const possible = cells.filter(({ impossible }) => impossible === null);
  const failed = [...outcomes].filter(([, why]) => why !== null);
  const { lateness } = verdict;
  const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
    [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
  const mark = (cell: Cell): string => {
    if (cell.impossible !== null) return letter(reasons.indexOf(cell.impossible));
    const outcome = outcomes.get(cell.id);
    return outcome === undefined ? 'not played' : outcome === null ? 'whole' : '**failed**';
  };
  const rows = steps.flatMap((step) =>
    faults.map((fault, i) => [
      i === 0 ? `**${step.name}** (${step.actor})` : '',
      fault,
      ...cells.filter((cell) => cell.step === step && cell.fault === fault).map(mark),
    ]),
  );
  return `# Every step, every fault, everybody

\`npm run faults\` plays this and writes this page; [test/faults](../test/faults) is how. The processes are the real ones,
compiled, and die by SIGKILL; a proxy that reads PostgreSQL's protocol, one before Stripe and one before Temporal stop the
world at the very statement, call or message. \`npm run faults -- --only "settle / "\` plays a part, and \`npm run soak\` the same
at random under load.

${new Date(begin).toISOString().slice(0, 16).replace('T', ' ')} UTC, commit ${head}, ${machine()}, ${Math.round((end - begin) / 60_000)} min.

${table(
  ['', ''],
  [
    ['cells', `${cells.length}: ${possible.length} that can be, ${outcomes.size} played, ${failed.length} failed`],
    [
      'kills',
      Object.entries(kills)
        .map(([who, count]) => `${who} ${count}`)
        .join(', '),
    ],
    [
      'orders',
      `${verdict.orders}, each ended as its customer had planned, told its whole story in order, and has at Stripe the one intent it must have`,
    ],
    ['webhooks acknowledged', `${verdict.acknowledged}; lost: ${count(verdict.differences, 'event ')}`],
    ['differences of the audit', String(count(verdict.differences, 'audit'))],
    [
      'other differences',
      String(verdict.differences.length - count(verdict.differences, 'event ') - count(verdict.differences, 'audit')),
    ],
    [
      'abandoned orders',
      `${lateness.length}, each released after its deadline: p50 ${seconds(percentile(lateness, 0.5))}, p95 ${seconds(percentile(lateness, 0.95))}, at most ${seconds(Math.max(0, ...lateness))} after it, kills and outages included`,
    ],
    [
      'webhooks acknowledged without a worker, in effect after it is back',
      `${settling.events}: p50 ${seconds(settling.p50)}, p95 ${seconds(settling.p95)}, at most ${seconds(settling.max)}; p95 from the start of its process ${seconds(settling.p95FromStart)}`,
    ],
  ],
)}

## Outages under load

People of every kind go on buying meanwhile. What is not a success is 503 with Retry-After, as a problem.

${table(
  ['outage', 'answers while it lasted', 'slowest', 'orders', 'other answers'],
  seen.map(({ outage, answers, slowestMs, orders, differences }) => [
    outage.name,
    Object.entries(answers)
      .map(([status, times]) => `${times} × ${status}`)
      .join(', '),
    seconds(slowestMs),
    String(orders),
    String(differences.length),
  ]),
)}

## The matrix

*whole*: played, and the order ended as it must. A letter: it cannot be, for the reason below.

${table(['step (who does it)', 'fault', ...everybody], rows)}

${reasons.map((reason, i) => `- ${letter(i)}: ${reason}`).join('\n')}
${failed.length === 0 ? '' : `\n## Failed\n\n${failed.map(([id, why]) => `- ${id}: ${why}`).join('\n')}\n`}`;
}

const letter = (i: number): string => String.fromCharCode(97 + i);
const count = (differences: readonly string[], begin: string): number =>
  differences.filter((difference) => difference.startsWith(begin)).length;
