import { isUtf8 } from 'node:buffer';
import { discardDeadLetter } from '../../operations/dead-letters/discard.js';
import { getDeadLetter, listDeadLetters } from '../../operations/dead-letters/list.js';
import { redriveDeadLetter } from '../../operations/dead-letters/redrive.js';
import { operatorOf } from '../../platform/http/auth.js';
import { operationsOf, refuses } from '../../platform/http/docs.js';
import { decodeCursor, pageOf } from '../../platform/http/paging.js';
import type { App } from '../../platform/http/server.js';
import type { ApiContext } from '../context.js';
import { ReasonBody } from '../schemas/common.js';

import { LetterDetail, LetterList, LetterParams, LetterQuery } from '../schemas/dead-letters.js';

const about = operationsOf('operations');

/** For operators: records that a consumer gave up on, and what becomes of them. */
export function opsDeadLetterRoutes(app: App, { db }: ApiContext): void {
  const letter = async (id: string) => {
    const found = await getDeadLetter(db, id);
    return { ...found, ...shown(found.value), headers: { ...found.headers }, actions: [...found.actions] };
  };

  app.get(
    '/v1/ops/dead-letters',
    {
      schema: {
        ...about(
          'listDeadLetters',
          'List dead letters, newest first',
          'Records that a consumer gave up on, without what they say.',
        ),
        querystring: LetterQuery,
        response: { 200: LetterList, ...refuses(403) },
      },
    },
    async (request) => {
      operatorOf(request);
      const { cursor, ...filter } = request.query;
      const [after = ''] = cursor === undefined ? [] : decodeCursor(cursor, ['number']);
      const letters = await listDeadLetters(db, { ...filter, ...(cursor === undefined ? {} : { after }) });
      return pageOf(letters, filter.limit, (last) => [last.id]);
    },
  );

  app.get(
    '/v1/ops/dead-letters/:id',
    {
      schema: {
        ...about(
          'getDeadLetter',
          'One dead letter, with what it says and what operators did to it',
          'Its value is text where it is UTF-8, else base64.',
        ),
        params: LetterParams,
        response: { 200: LetterDetail, ...refuses(403, 404) },
      },
    },
    async (request) => {
      operatorOf(request);
      return letter(request.params.id);
    },
  );

  app.post(
    '/v1/ops/dead-letters/:id/redrive',
    {
      schema: {
        ...about(
          'redriveDeadLetter',
          'Send a dead letter back to where it came from',
          'The relay sends it to the topic it came from, for the group that gave up on it. Asking again changes nothing.',
        ),
        params: LetterParams,
        body: ReasonBody,
        response: { 200: LetterDetail, ...refuses(403, 404, 409) },
      },
    },
    async (request) => {
      const { id: actor } = operatorOf(request);
      await redriveDeadLetter(db, { id: request.params.id, actor, reason: request.body.reason });
      return letter(request.params.id);
    },
  );

  app.post(
    '/v1/ops/dead-letters/:id/discard',
    {
      schema: {
        ...about('discardDeadLetter', 'Decide that a dead letter is not needed', 'It is kept and never sent back.'),
        params: LetterParams,
        body: ReasonBody,
        response: { 200: LetterDetail, ...refuses(403, 404, 409) },
      },
    },
    async (request) => {
      const { id: actor } = operatorOf(request);
      await discardDeadLetter(db, { id: request.params.id, actor, reason: request.body.reason });
      return letter(request.params.id);
    },
  );
}

function shown(value: Uint8Array | null): { value: string | null; valueEncoding: 'text' | 'base64' | null } {
  if (value === null) return { value, valueEncoding: null };
  return isUtf8(value)
    ? { value: Buffer.from(value).toString(), valueEncoding: 'text' }
    : { value: Buffer.from(value).toString('base64'), valueEncoding: 'base64' };
}
