import type { Admin, Kafka } from 'kafkajs';
import { lagOf, type PartitionLag } from './lag.js';

/** Work with consumer groups as an operator does it: one connection, closed afterwards. */
async function asAdmin<T>(kafka: Kafka, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  try {
    await admin.connect();
    return await work(admin);
  } finally {
    await admin.disconnect().catch(() => undefined);
  }
}

export interface GroupState {
  readonly groupId: string;
  /** Kafka's word: `Stable` consumes, `Empty` has no member */
  readonly state: string;
  readonly members: number;
}

export const listGroups = (kafka: Kafka): Promise<GroupState[]> =>
  asAdmin(kafka, async (admin) => {
    const { groups } = await admin.listGroups();
    const known = groups.filter(({ protocolType }) => protocolType === 'consumer').map(({ groupId }) => groupId);
    if (known.length === 0) return [];
    const described = (await admin.describeGroups(known)).groups;
    return described
      .map(({ groupId, state, members }) => ({ groupId, state, members: members.length }))
      .sort((a, b) => a.groupId.localeCompare(b.groupId));
  });

/**
 * A group that nobody will join again leaves, with its offsets. One that the broker does not know, or does not let us
 * delete, is left to the broker, which forgets it after its own time.
 */
export const forgetGroup = (kafka: Kafka, groupId: string): Promise<void> =>
  asAdmin(kafka, (admin) => admin.deleteGroups([groupId])).then(
    () => undefined,
    () => undefined,
  );

/** The lag of a group over every topic on which it has committed. Empty for a group that nobody knows. */
export async function lagOfGroup(kafka: Kafka, groupId: string): Promise<PartitionLag[]> {
  const committed = await asAdmin(kafka, (admin) => admin.fetchOffsets({ groupId }));
  const topics = committed.map(({ topic }) => topic).sort();
  return topics.length === 0 ? [] : lagOf(kafka, groupId, topics);
}

/** Where a group is to go on: the earliest record that is there, behind the latest, or an offset. */
export type Place = 'earliest' | 'latest' | bigint;

export interface Move {
  readonly partition: number;
  /** null while nothing is committed */
  readonly from: string | null;
  readonly to: string;
}

/**
 * Where each partition of a topic would go on, and with `execute` does. An offset outside of what lies there becomes the
 * nearest that does.
 * @throws when the group has members: they would go on where they are
 */
export const resetGroup = (
  kafka: Kafka,
  {
    groupId,
    topic,
    to,
    execute,
  }: { readonly groupId: string; readonly topic: string; readonly to: Place; readonly execute: boolean },
): Promise<Move[]> =>
  asAdmin(kafka, async (admin) => {
    const lying = await admin.fetchTopicOffsets(topic);
    const committed = await admin.fetchOffsets({ groupId, topics: [topic] });
    const described = await admin.describeGroups([groupId]);
    const members = described.groups[0]?.members.length ?? 0;
    if (execute && members > 0)
      throw new Error(
        `Group ${groupId} has ${members} members: stop the service first, for they would go on where they are.`,
      );
    const moves = lying.map(({ partition, low, high }) => {
      const from = committed[0]?.partitions.find((each) => each.partition === partition)?.offset ?? '-1';
      return { partition, from: from === '-1' ? null : from, to: placeIn(to, low, high) };
    });
    moves.sort((a, b) => a.partition - b.partition);
    if (execute)
      await admin.setOffsets({
        groupId,
        topic,
        partitions: moves.map(({ partition, to: offset }) => ({ partition, offset })),
      });
    return moves;
  });

function placeIn(to: Place, low: string, high: string): string {
  if (to === 'earliest' || (typeof to === 'bigint' && to < BigInt(low))) return low;
  if (to === 'latest' || to > BigInt(high)) return high;
  return String(to);
}
