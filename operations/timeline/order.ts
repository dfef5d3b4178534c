import type { Entry } from './entry.js';

/**
 * Entries in causal order: none stands before its cause; otherwise by time, and of one time in the order given. A
 * transaction's clock is that of its beginning, which may lie before the end of the one it waited for: changes and facts
 * are given in the order in which they were made, and keep it.
 */
export function inCausalOrder(entries: readonly Entry[]): Entry[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const latest = { change: 0, fact: 0 };
  const inTime = entries.map((entry, given) => {
    let at = notBeforeCause(entry, byId);
    if (entry.kind === 'change' || entry.kind === 'fact') at = latest[entry.kind] = Math.max(at, latest[entry.kind]);
    return { entry, given, at };
  });
  inTime.sort((a, b) => a.at - b.at || a.given - b.given);
  const ordered = new Set<Entry>();
  for (const { entry } of inTime) for (const link of causesBefore(entry, byId, ordered)) ordered.add(link);
  return [...ordered];
}

const causeOf = ({ causedBy }: Entry, byId: ReadonlyMap<string, Entry>): Entry | undefined =>
  causedBy === null ? undefined : byId.get(causedBy);

/** The entry and what of its causes is not told yet, first cause first. */
function causesBefore(entry: Entry, byId: ReadonlyMap<string, Entry>, told: ReadonlySet<Entry>): Entry[] {
  const chain: Entry[] = [];
  for (
    let next: Entry | undefined = entry;
    next && !told.has(next) && !chain.includes(next);
    next = causeOf(next, byId)
  )
    chain.unshift(next);
  return chain;
}

/** An effect whose clock was behind that of its cause counts as simultaneous with it. */
function notBeforeCause(entry: Entry, byId: ReadonlyMap<string, Entry>): number {
  const chain = causesBefore(entry, byId, new Set());
  return Math.max(...chain.map(({ at }) => at.getTime()));
}
