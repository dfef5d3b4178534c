import { Kafka, logLevel } from 'kafkajs';
import { topics } from '../../events/catalogue/topics.js';

export interface HeardFact {
  readonly topic: string;
  readonly sequence: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Everything that was ever told, as a new downstream team hears it: from the earliest offset, in the order it comes. */
export async function hearEverything(brokers: string[]) {
  const kafka = new Kafka({ clientId: 'e2e', brokers, logLevel: logLevel.NOTHING });
  const consumer = kafka.consumer({ groupId: `e2e-${process.pid}-${Date.now()}` });
  const heard = new Map<string, HeardFact[]>();
  await consumer.connect();
  await consumer.subscribe({ topics: [...topics], fromBeginning: true });
  await consumer.run({
    eachMessage: ({ topic, message }) => {
      const key = String(message.key);
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      );
      const fact = {
        topic,
        sequence: Number(headers.ce_sequence),
        headers,
        payload: JSON.parse(String(message.value)),
      };
      heard.set(key, [...(heard.get(key) ?? []), fact]);
      return Promise.resolve();
    },
  });
  /** the facts of an order by sequence number, each once */
  const storyOf = (key: string): readonly HeardFact[] =>
    [...new Map((heard.get(key) ?? []).map((fact) => [fact.sequence, fact])).values()].sort(
      (a, b) => a.sequence - b.sequence,
    );
  return {
    storyOf,
    topicsOf: (key: string): string[] => storyOf(key).map(({ topic }) => topic),
    /** how often a record came after one of the same key and topic with a higher number */
    disorder: (): number =>
      [...heard.values()].reduce((sum, facts) => {
        const last = new Map<string, number>();
        return (
          sum +
          facts.filter(({ topic, sequence }) => {
            const before = last.get(topic) ?? 0;
            last.set(topic, sequence);
            return sequence < before;
          }).length
        );
      }, 0),
    stop: () => consumer.disconnect(),
  };
}
