import { Type } from 'typebox';
import { deadLetterTopics } from '../../events/index.js';
import { deadLetterStates } from '../../operations/dead-letters/list.js';
import { Id, Page } from '../../platform/http/paging.js';
import { enumOf, idLike, listOf, orNull, Time } from '../../platform/http/schemas.js';

const LetterAnswer = Type.Object(
  {
    id: Type.String(),
    service: Type.String({ description: 'whose consumer gave up on it' }),
    state: enumOf(deadLetterStates),
    topic: orNull(Type.String({ description: 'where it came from; null where it does not say' })),
    partition: orNull(Type.Integer()),
    offset: orNull(Type.String()),
    group: orNull(Type.String({ description: 'the consumer group that gave up on it' })),
    key: orNull(Type.String()),
    eventId: orNull(Type.String()),
    orderId: orNull(Type.String()),
    error: orNull(Type.String({ description: 'why it was given up' })),
    attempts: orNull(Type.Integer()),
    buriedAt: Time,
    settledAt: orNull(Type.String({ format: 'date-time', description: 'when it was sent back, or discarded' })),
  },
  { title: 'DeadLetter' },
);

export const LetterList = listOf('DeadLetterList', LetterAnswer);

export const LetterDetail = Type.Object(
  {
    ...LetterAnswer.properties,
    headers: Type.Record(Type.String(), Type.String()),
    value: orNull(Type.String({ description: 'the record’s value as `valueEncoding` says; null for one without' })),
    valueEncoding: orNull(enumOf(['text', 'base64'])),
    actions: Type.Array(
      Type.Object(
        { at: Time, actor: Type.String(), action: Type.String(), reason: orNull(Type.String()) },
        { title: 'DeadLetterAction' },
      ),
      { description: 'what operators did to it, oldest first' },
    ),
  },
  { title: 'DeadLetterDetail' },
);

export const LetterQuery = Type.Object(
  {
    ...Page,
    state: Type.Optional(enumOf(deadLetterStates)),
    service: Type.Optional(enumOf(deadLetterTopics.map((topic) => topic.replace(/\.dlq$/, '')))),
    topic: Type.Optional(Type.String({ minLength: 1, maxLength: 249, description: 'where it came from' })),
    orderId: Type.Optional(Id),
  },
  { additionalProperties: false },
);

export const LetterParams = Type.Object({ id: idLike('the dead letter', '1') });
