import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openDatabase } from '../domain/database.js';
import { Refusal } from '../domain/refusal.js';
import { deadLetterTopics } from '../events/index.js';
import { discardDeadLetter } from '../operations/dead-letters/discard.js';
import {
  type DeadLetterFilter,
  type DeadLetterView,
  deadLetterStates,
  getDeadLetter,
  listDeadLetters,
} from '../operations/dead-letters/list.js';
import { redriveDeadLetter } from '../operations/dead-letters/redrive.js';
import { EXIT_CONFIG } from '../platform/config.js';
import { configOrExit } from '../platform/process.js';

/**
 * `npm run dlq -- …`: dead letters by hand, straight on the database. Exit code 0 when it is done, 1 when something is
 * left for a person, 2 when it could not look, 78 for words it does not know.
 */
const usage = `npm run dlq -- list [--state OPEN] [--service orders]
npm run dlq -- show <id>
npm run dlq -- redrive <id> --reason "why"
npm run dlq -- redrive --all [--service orders] --reason "why"
npm run dlq -- discard <id> --reason "why"
`;
/** How long the relay is given to send what it was asked to. */
const REDRIVEN_WITHIN_MS = 15_000;
const PAGE = 100;

const { command, id, filter, reason } = readArguments();
const config = configOrExit();
const db = openDatabase({ url: config.DATABASE_URL, poolSize: 1, application: 'holdfast-dlq' });
const decision = { actor: `cli:${userInfo().username}`, reason };
try {
  process.exitCode = await { list, show, redrive, discard }[command]();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Refusal ? 1 : 2;
} finally {
  await db.$disconnect();
}

async function list(): Promise<number> {
  const letters = await every(filter);
  for (const letter of letters) say(inOneLine(letter));
  say(letters.length === 1 ? 'One dead letter.' : `${letters.length || 'No'} dead letters.`);
  return 0;
}

async function show(): Promise<number> {
  const { value, headers, actions, ...letter } = await getDeadLetter(db, id);
  say(inOneLine(letter));
  for (const [name, text] of Object.entries(headers)) say(`  ${name}: ${text}`);
  say(value === null ? 'It has no value.' : `Its value: ${Buffer.from(value).toString()}`);
  for (const { at, actor, action, reason: why } of actions) say(`${at} ${actor}: ${action}, because: ${why}`);
  return 0;
}

async function redrive(): Promise<number> {
  const asked = id === '' ? (await every({ ...filter, state: 'OPEN' })).map((letter) => letter.id).toReversed() : [id];
  for (const each of asked)
    try {
      await redriveDeadLetter(db, { id: each, ...decision });
    } catch (error) {
      if (!(error instanceof Refusal) || id !== '') throw error;
      say(error.message);
    }
  const waiting = await untilRedriven(asked);
  const stillOpen = (await every({ state: 'OPEN' })).filter((letter) => asked.includes(letter.id));
  const back = asked.length - waiting.length - stillOpen.length;
  say(
    back === 1
      ? 'One dead letter is back where it came from.'
      : `${back || 'No'} dead letters are back where they came from.`,
  );
  for (const letter of stillOpen) say(inOneLine(letter));
  if (waiting.length > 0)
    say(`Still to be sent: ${waiting.join(', ')}. The relay sends them once it runs and Kafka is there.`);
  return waiting.length + stillOpen.length === 0 ? 0 : 1;
}

async function discard(): Promise<number> {
  await discardDeadLetter(db, { id, ...decision });
  say(`Dead letter ${id} is discarded: it is kept and never sent back.`);
  return 0;
}

/** @returns those of them that the relay has not sent in time */
async function untilRedriven(ids: readonly string[]): Promise<string[]> {
  const end = Date.now() + REDRIVEN_WITHIN_MS;
  for (;;) {
    const onTheirWay = (await every({ state: 'REDRIVING' })).map((letter) => letter.id);
    const waiting = ids.filter((each) => onTheirWay.includes(each));
    if (waiting.length === 0 || Date.now() > end) return waiting;
    await delay(200);
  }
}

/** All that fit, newest first. */
async function every(fitting: Omit<DeadLetterFilter, 'limit'>): Promise<DeadLetterView[]> {
  const found: DeadLetterView[] = [];
  for (;;) {
    const after = found.at(-1)?.id;
    const page = await listDeadLetters(db, { ...fitting, ...(after === undefined ? {} : { after }), limit: PAGE });
    found.push(...page.slice(0, PAGE));
    if (page.length <= PAGE) return found;
  }
}

function inOneLine({
  id,
  service,
  state,
  topic,
  partition,
  offset,
  key,
  attempts,
  error,
  buriedAt,
}: DeadLetterView): string {
  const origin = topic === null ? 'from an unknown topic' : `from ${topic}, partition ${partition}, offset ${offset}`;
  const tries = attempts === null ? '' : ` after ${attempts === 1 ? 'one try' : `${attempts} tries`}`;
  return `${id} ${state}: key ${key} ${origin}; ${service} gave up on it at ${buriedAt}${tries}: ${error ?? 'it does not say why'}`;
}

function readArguments() {
  const { values, positionals } = parsed();
  const [command, id = ''] = positionals;
  const { service, state, reason = '', all } = values;
  const services = deadLetterTopics.map((topic) => topic.replace(/\.dlq$/, ''));
  if (command !== 'list' && command !== 'show' && command !== 'redrive' && command !== 'discard')
    return misused(command === undefined ? 'What is to be done?' : `"${command}" is none of what can be done.`);
  if (service !== undefined && !services.includes(service))
    return misused(`--service is "${service}": it must be one of ${services.join(', ')}.`);
  const known = deadLetterStates.find((each) => each === state);
  if (state !== undefined && known === undefined)
    return misused(`--state is "${state}": it must be one of ${deadLetterStates.join(', ')}.`);
  if (command !== 'list' && (id === '') !== all)
    return misused(`Which one? ${command} takes the id of one dead letter.`);
  if (all && command !== 'redrive') return misused('--all is for redrive alone.');
  if ((command === 'redrive' || command === 'discard') && reason.trim().length < 3)
    return misused('--reason is not set: it must be a few words, which are written down.');
  const filter = { ...(service === undefined ? {} : { service }), ...(known === undefined ? {} : { state: known }) };
  return { command, id, filter, reason } as const;
}

function parsed() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        state: { type: 'string' },
        service: { type: 'string' },
        reason: { type: 'string' },
        all: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    return misused(error instanceof Error ? error.message : String(error));
  }
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function misused(sentence: string): never {
  process.stderr.write(`${sentence}\n\n${usage}`);
  process.exit(EXIT_CONFIG);
}
