import { Type } from 'typebox';
import { enumOf, orNull, Time } from '../../platform/http/schemas.js';

export const TimelineAnswer = Type.Object(
  {
    data: Type.Array(
      Type.Object(
        {
          id: Type.String(),
          at: Time,
          kind: enumOf(
            [
              'request',
              'webhook',
              'operator',
              'decision',
              'look',
              'change',
              'fact',
              'ledger',
              'stock',
              'dead-letter',
              'workflow',
            ],
            'a look is one that the platform took by itself',
          ),
          name: Type.String({ description: 'a topic, an event type, a step, an activity' }),
          what: Type.String({ description: 'what happened, in a sentence' }),
          causedBy: orNull(
            Type.String({ description: 'id of the entry that brought it about; null for what came from outside' }),
          ),
          refs: Type.Record(Type.String(), Type.String(), { description: 'ids by which it is found elsewhere' }),
          changes: Type.Array(
            Type.Object(
              {
                subject: Type.String({
                  description: 'order, order payment, attention, undo, payment, hold, refund or dispute',
                }),
                object: Type.String(),
                was: orNull(Type.String()),
                became: Type.String(),
              },
              { title: 'StateChange' },
            ),
            { description: 'what it changed in the database; each change stands in one entry' },
          ),
        },
        { title: 'TimelineEntry' },
      ),
      { description: 'in causal order: no entry stands before its cause' },
    ),
    next: Type.Array(Type.Object({ what: Type.String(), at: orNull(Time) }, { title: 'Expected' }), {
      description: 'what comes next, and when; nothing for an order with which everybody is done',
    }),
    nextCursor: Type.Null(),
  },
  { title: 'OperatorTimeline' },
);
