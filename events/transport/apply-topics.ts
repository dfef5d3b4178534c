import kafkajs, { type Admin, type Kafka } from 'kafkajs';
import { creationOf, type TopicForm } from './topics.js';

// Not among the names that Node finds in this CommonJS module.
const { ConfigResourceTypes, ConfigSource } = kafkajs;

/** What was found different from the table, in sentences. */
export interface Applied {
  readonly changed: readonly string[];
  /** what is not ours to change by itself */
  readonly left: readonly string[];
}

/**
 * Brings topics to the form that they are to have: makes what is missing and sets what is set otherwise. Entries that the
 * form does not name are left as they are, and so are partitions and replicas. Safe to repeat.
 */
export async function applyTopics(kafka: Kafka, forms: readonly TopicForm[]): Promise<Applied> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const missing = forms.filter(({ topic }) => !existing.has(topic));
    if (missing.length > 0) await admin.createTopics({ waitForLeaders: true, topics: missing.map(creationOf) });
    const present = forms.filter(({ topic }) => existing.has(topic));
    const created = missing.map(
      ({ topic, partitions }) => `${topic} was missing: made, with ${partitions} partitions.`,
    );
    if (present.length === 0) return { changed: created, left: [] };
    return { changed: [...created, ...(await setEntries(admin, present))], left: await otherShapes(admin, present) };
  } finally {
    await admin.disconnect();
  }
}

async function setEntries(admin: Admin, forms: readonly TopicForm[]): Promise<string[]> {
  const type = ConfigResourceTypes.TOPIC;
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: forms.map(({ topic }) => ({ type, name: topic })),
  });
  const said: string[] = [];
  const altered = forms.flatMap(({ topic, entries }) => {
    const found = resources.find(({ resourceName }) => resourceName === topic)?.configEntries ?? [];
    const presentOf = (name: string) => found.find(({ configName }) => configName === name)?.configValue;
    const different = Object.entries(entries).filter(([name, value]) => presentOf(name) !== value);
    if (different.length === 0) return [];
    said.push(...different.map(([name, value]) => `${topic} had ${name}=${presentOf(name)}: now ${value}.`));
    // Kafka's request, as kafkajs knows it, replaces all that is set on a topic: what others have set goes along.
    const set = found.filter(({ configSource }) => configSource === ConfigSource.TOPIC_CONFIG);
    const own = set.map(({ configName, configValue }) => [configName, configValue] as const);
    const merged = Object.entries({ ...Object.fromEntries(own), ...entries });
    return [{ type, name: topic, configEntries: merged.map(([name, value]) => ({ name, value })) }];
  });
  if (altered.length > 0) await admin.alterConfigs({ validateOnly: false, resources: altered });
  return said;
}

async function otherShapes(admin: Admin, forms: readonly TopicForm[]): Promise<string[]> {
  const { topics } = await admin.fetchTopicMetadata({ topics: forms.map(({ topic }) => topic) });
  return forms.flatMap(({ topic, partitions, replicationFactor }) => {
    const found = topics.find(({ name }) => name === topic)?.partitions ?? [];
    const replicas = found[0]?.replicas.length;
    return [
      ...(found.length === partitions
        ? []
        : [
            `${topic} has ${found.length} partitions in place of ${partitions}: left so, for another number moves keys to other partitions, where their facts overtake each other.`,
          ]),
      ...(replicas === replicationFactor
        ? []
        : [
            `${topic} has ${replicas} replicas in place of ${replicationFactor}: left so, for replicas are moved by kafka-reassign-partitions.sh.`,
          ]),
    ];
  });
}
