import type { FastifyInstance } from 'fastify';

/** Whether a process is about to stop: it says that it is not ready, and goes on answering for a while. */
export interface Drain {
  readonly isDraining: boolean;
  begin(): void;
}

export function createDrain(): Drain {
  let isDraining = false;
  return {
    get isDraining() {
      return isDraining;
    },
    begin: () => {
      isDraining = true;
    },
  };
}

/**
 * From the beginning of the drain each answer asks its client to close the connection: one that is kept alive would hold up
 * the end, and its next request would come too late. So does an answer to half a request, whose rest nobody reads.
 */
export function closeWhileDraining(app: FastifyInstance, drain: Drain): void {
  app.addHook('onSend', async (request, reply) => {
    if (drain.isDraining || !request.raw.complete) reply.header('connection', 'close');
  });
  app.addHook('preClose', async () => drain.begin());
}
