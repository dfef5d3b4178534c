import { parseArgs } from 'node:util';
import { applyTopics } from '../events/transport/apply-topics.js';
import { lagOfGroup, listGroups, type Place, resetGroup } from '../events/transport/groups.js';
import { createKafka, isRefusal } from '../events/transport/kafka.js';
import { tailTopic } from '../events/transport/tail.js';
import { topicForms, topicSettingsOf } from '../events/transport/topics.js';
import { EXIT_CONFIG } from '../platform/config.js';
import { createLogger } from '../platform/log.js';
import { configOrExit } from '../platform/process.js';

/**
 * `npm run kafka -- …`: what an operator asks of a broker, on the platform's own connection. Exit code 0 when it is done,
 * 1 when something is left for a person, 2 when Kafka did not answer, 78 for words it does not know.
 */
const usage = `npm run kafka -- groups                              every consumer group
npm run kafka -- lag [group]                         how far each is behind
npm run kafka -- topics                              brings the topics to what the configuration says
npm run kafka -- reset <group> --topic <topic> --to earliest|latest|<offset> [--execute]
npm run kafka -- consume <topic> [--from-beginning] [--max <n>]
`;

const { run } = readArguments();
const config = configOrExit();
if (config.KAFKA_BROKERS.length === 0) misused('KAFKA_BROKERS is not set, and no stack runs with a broker.');
const kafka = createKafka(config, 'holdfast-operator', createLogger('kafka', 'silent'));
try {
  process.exitCode = await run();
} catch (error) {
  process.stderr.write(`${reasonOf(error)}\n`);
  process.exitCode = 2;
}

async function groups(): Promise<number> {
  const known = await listGroups(kafka);
  for (const { groupId, state, members } of known)
    say(`${groupId}: ${state}, ${members === 1 ? '1 member' : `${members} members`}`);
  if (known.length === 0) say('This broker knows no consumer group.');
  return 0;
}

async function lag(group: string | undefined): Promise<number> {
  const asked = group === undefined ? (await listGroups(kafka)).map(({ groupId }) => groupId) : [group];
  for (const groupId of asked) {
    const lags = await lagOfGroup(kafka, groupId);
    for (const { topic, partition, committed, end, lag: behind } of lags)
      say(`${groupId}: ${topic}, partition ${partition}: at ${committed ?? 'nothing yet'} of ${end}, ${behind} behind`);
    if (lags.length === 0) say(`${groupId}: has committed nothing`);
  }
  return 0;
}

async function topics(): Promise<number> {
  const { changed, left } = await applyTopics(kafka, topicForms(topicSettingsOf(config)));
  for (const sentence of [...changed, ...left]) say(sentence);
  if (changed.length + left.length === 0) say('Every topic is as the configuration says.');
  return left.length === 0 ? 0 : 1;
}

async function reset(groupId: string, topic: string, to: Place, execute: boolean): Promise<number> {
  for (const { partition, from, to: place } of await resetGroup(kafka, { groupId, topic, to, execute }))
    say(`${groupId}: ${topic}, partition ${partition}: from ${from ?? 'nothing yet'} to ${place}`);
  if (!execute) say('Nothing is changed yet: --execute does it.');
  return 0;
}

async function consume(topic: string, fromBeginning: boolean, max: number | undefined): Promise<number> {
  const stop = new AbortController();
  process.once('SIGINT', () => stop.abort());
  process.once('SIGTERM', () => stop.abort());
  await tailTopic(
    kafka,
    topic,
    { fromBeginning, signal: stop.signal, ...(max === undefined ? {} : { max }) },
    ({ partition, offset, key, value }) => say(`${partition}/${offset} ${key}: ${value}`),
  );
  return 0;
}

function readArguments(): { readonly run: () => Promise<number> } {
  const { values, positionals } = parsed();
  const [command, name] = positionals;
  const { topic, to, execute, max } = values;
  switch (command) {
    case 'groups':
      return { run: groups };
    case 'lag':
      return { run: () => lag(name) };
    case 'topics':
      return { run: topics };
    case 'reset': {
      if (name === undefined) return misused('Which group?');
      if (topic === undefined) return misused('--topic is not set: it must be the topic on which the group is moved.');
      const place = placeOf(to);
      if (place === undefined) return misused('--to must be earliest, latest or an offset.');
      return { run: () => reset(name, topic, place, execute) };
    }
    case 'consume':
      if (name === undefined) return misused('Which topic?');
      if (max !== undefined && !/^[1-9]\d{0,8}$/.test(max))
        return misused(`--max is "${max}": it must be a whole number above 0.`);
      return { run: () => consume(name, values['from-beginning'], max === undefined ? undefined : Number(max)) };
    default:
      return misused(command === undefined ? 'What is to be done?' : `"${command}" is none of what can be done.`);
  }
}

function placeOf(to: string | undefined): Place | undefined {
  if (to === 'earliest' || to === 'latest') return to;
  return to !== undefined && /^\d{1,18}$/.test(to) ? BigInt(to) : undefined;
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        topic: { type: 'string' },
        to: { type: 'string' },
        execute: { type: 'boolean', default: false },
        'from-beginning': { type: 'boolean', default: false },
        max: { type: 'string' },
      },
    });
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error));
  }
}

function reasonOf(error: unknown): string {
  // Kafka's own words for it are about servers that host partitions.
  if (isRefusal(error, 'UNKNOWN_TOPIC_OR_PARTITION')) return 'There is no such topic.';
  return error instanceof Error ? error.message : String(error);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function misused(sentence: string): never {
  process.stderr.write(`${sentence}\n\n${usage}`);
  process.exit(EXIT_CONFIG);
}
