import { Type } from 'typebox';
import { Id, Page } from '../../platform/http/paging.js';

const orNull = <T extends Type.TSchema>(type: T) => Type.Union([type, Type.Null()]);

const EventAnswer = Type.Object({
  eventId: Type.String(),
  type: Type.String(),
  objectId: orNull(Type.String({ description: 'the object at Stripe that the event is about' })),
  paymentIntentId: orNull(Type.String()),
  orderId: orNull(Type.String({ description: 'the order it is about, or that it names' })),
  state: Type.String({ description: 'RECEIVED, SIGNALLED, APPLIED, IGNORED, UNMATCHED or DEAD' }),
  reason: orNull(Type.String({ description: 'why it has the state it has' })),
  ageSeconds: Type.Integer({ description: 'since it came' }),
  attempts: Type.Integer({ description: 'how often the dispatcher has taken it up' }),
  receivedAt: Type.String(),
  signalledAt: orNull(Type.String()),
  appliedAt: orNull(Type.String()),
  retriedAt: orNull(Type.String({ description: 'when an operator last put it back' })),
  nextAttemptAt: orNull(Type.String({ description: 'null for one that waits no more' })),
});

export const EventList = Type.Object({ data: Type.Array(EventAnswer), nextCursor: orNull(Type.String()) });

export const EventWithRetries = Type.Object({
  ...EventAnswer.properties,
  retries: Type.Array(Type.Object({ at: Type.String(), actor: Type.String(), reason: orNull(Type.String()) }), {
    description: 'what operators did to it, oldest first',
  }),
});

export const EventQuery = Type.Object(
  {
    ...Page,
    state: Type.Optional(Type.Enum(['RECEIVED', 'SIGNALLED', 'APPLIED', 'IGNORED', 'UNMATCHED', 'DEAD'])),
    type: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })),
    orderId: Type.Optional(Id),
  },
  { additionalProperties: false },
);

export const EventParams = Type.Object({ id: Id });

export const RetryBody = Type.Object(
  { reason: Type.String({ minLength: 3, maxLength: 500 }) },
  { additionalProperties: false },
);
