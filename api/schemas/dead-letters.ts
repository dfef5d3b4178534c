import { Type } from 'typebox';
import { deadLetterStates } from '../../domain/dead-letters/list.js';
import { deadLetterTopics } from '../../events/index.js';
import { Id, Page } from '../../platform/http/paging.js';

const orNull = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);

const LetterAnswer = Type.Object({
  id: Type.String(),
  service: Type.String({ description: 'whose consumer gave up on it' }),
  state: Type.String({ description: 'OPEN, REDRIVING, REDRIVEN or DISCARDED' }),
  topic: orNull(Type.String({ description: 'where it came from; null where it does not say' })),
  partition: orNull(Type.Integer()),
  offset: orNull(Type.String()),
  group: orNull(Type.String({ description: 'the consumer group that gave up on it' })),
  key: orNull(Type.String()),
  eventId: orNull(Type.String()),
  orderId: orNull(Type.String()),
  error: orNull(Type.String({ description: 'why it was given up' })),
  attempts: orNull(Type.Integer()),
  buriedAt: Type.String(),
  settledAt: orNull(Type.String({ description: 'when it was sent back, or discarded' })),
});

export const LetterList = Type.Object({ data: Type.Array(LetterAnswer), nextCursor: orNull(Type.String()) });

export const LetterDetail = Type.Object({
  ...LetterAnswer.properties,
  headers: Type.Record(Type.String(), Type.String()),
  value: orNull(Type.String({ description: 'the record’s value as `valueEncoding` says; null for one without' })),
  valueEncoding: orNull(Type.Enum(['text', 'base64'])),
  actions: Type.Array(
    Type.Object({ at: Type.String(), actor: Type.String(), action: Type.String(), reason: orNull(Type.String()) }),
    { description: 'what operators did to it, oldest first' },
  ),
});

export const LetterQuery = Type.Object(
  {
    ...Page,
    state: Type.Optional(Type.Enum(deadLetterStates)),
    service: Type.Optional(Type.Enum(deadLetterTopics.map((topic) => topic.replace(/\.dlq$/, '')))),
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: 249, description: 'where it came from' })),
    orderId: Type.Optional(Id),
  },
  { additionalProperties: false },
);

export const LetterParams = Type.Object({ id: Id });

export const Decision = Type.Object(
  { reason: Type.String({ minLength: 3, maxLength: 500 }) },
  { additionalProperties: false },
);
