import {
  Client,
  Connection,
  isGrpcServiceError,
  ServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
} from '@temporalio/client';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import {
  type CancelRequest,
  type CaptureRequest,
  CHECKOUT_TASK_QUEUE,
  CHECKOUT_WORKFLOW,
  type CheckoutInput,
  type CheckoutOutcome,
  type CheckoutProgress,
  checkoutWorkflowId,
  decisionUpdateId,
  type OperatorDecision,
  queries,
  searchAttributes,
  signals,
  updates,
} from '../contract/checkout.js';
import { Refusal, refusalOf } from '../domain/refusal.js';
import { REQUEST } from '../operations/timeline/causes.js';
import type { Config } from '../platform/config.js';
import { beginAgainIfStuck } from './reset-stuck.js';
import { summaryOf } from './summary.js';
import { traceCarrier } from './trace-carrier.js';
import { historyOf } from './workflow-history.js';

/** Temporal did not answer in time; what was asked for may be under way. */
export class NoAnswerYet extends Error {
  override readonly name = 'NoAnswerYet';
}

/** There is no running checkout workflow for this order. */
export class NotRunning extends Error {
  override readonly name = 'NotRunning';
}

export type CheckoutClient = ReturnType<typeof createCheckoutClient>;

/** Everything the API, the dispatcher and the sweep say to checkout workflows. Starts nothing twice. */
export function createCheckoutClient(client: Client, config: Config) {
  const startOf = (orderId: string, customerId: string) => ({
    workflowId: checkoutWorkflowId(orderId),
    taskQueue: CHECKOUT_TASK_QUEUE,
    args: [inputOf(orderId, config)],
    // A terminated checkout may be started again; one that ended by itself never.
    workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY' as const,
    workflowTaskTimeout: '3s' as const,
    typedSearchAttributes: [
      { key: searchAttributes.orderId, value: orderId },
      { key: searchAttributes.customerId, value: customerId },
      { key: searchAttributes.orderStatus, value: 'PENDING' },
    ],
    staticSummary: summaryOf(`Checkout of order ${orderId}`),
  });
  const update = <T>(
    name: string,
    orderId: string,
    request: unknown,
    { withinMs, updateId }: { readonly withinMs: number; readonly updateId: string },
  ): Promise<T> =>
    answered(() =>
      client.withDeadline(Date.now() + withinMs, () =>
        client.workflow
          .getHandle(checkoutWorkflowId(orderId))
          .executeUpdate<T, [unknown]>(name, { args: [request], updateId }),
      ),
    );
  return {
    /** Starts the checkout, or finds it, and waits until it is open or over. What came of it stands in the rows. */
    open: (orderId: string, customerId: string, withinMs: number): Promise<void> =>
      answered(async () => {
        await client.withDeadline(Date.now() + withinMs, () =>
          client.workflow.executeUpdateWithStart(updates.open, {
            updateId: updates.open,
            args: [],
            startWorkflowOperation: new WithStartWorkflowOperation(CHECKOUT_WORKFLOW, {
              ...startOf(orderId, customerId),
              workflowIdConflictPolicy: 'USE_EXISTING',
            }),
          }),
        );
      }),
    /**
     * Starts a checkout that stands in rows and has no running workflow: it goes on from the rows.
     * @returns 'RUNNING' when one runs, 'COMPLETED' when one ended by itself
     */
    startAgain: async (orderId: string, customerId: string): Promise<'STARTED' | 'RUNNING' | 'COMPLETED'> => {
      try {
        await client.workflow.start(CHECKOUT_WORKFLOW, {
          ...startOf(orderId, customerId),
          workflowIdConflictPolicy: 'FAIL',
        });
        return 'STARTED';
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
        const { status } = await client.workflow.getHandle(checkoutWorkflowId(orderId)).describe();
        return status.name === 'RUNNING' ? 'RUNNING' : 'COMPLETED';
      }
    },
    /** A checkout whose history does not replay is begun again. @returns whether it was so */
    beginAgainIfStuck: (orderId: string) => beginAgainIfStuck(client, checkoutWorkflowId(orderId)),
    /**
     * An operator has a checkout run again that stands open in rows while its last workflow has ended, however it did. It
     * goes on from the rows. @throws NoAnswerYet
     */
    restart: (orderId: string, customerId: string): Promise<void> =>
      answered(async () => {
        await client.withDeadline(Date.now() + 3_000, () =>
          client.workflow.start(CHECKOUT_WORKFLOW, {
            ...startOf(orderId, customerId),
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            workflowIdConflictPolicy: 'USE_EXISTING',
          }),
        );
      }),
    /** Tells the checkout of an inbox row, starting it again if it was terminated. @throws NotRunning when it is over */
    signal: async (orderId: string, customerId: string, eventId: string): Promise<void> => {
      try {
        await client.workflow.signalWithStart(CHECKOUT_WORKFLOW, {
          ...startOf(orderId, customerId),
          signal: signals.paymentEventReceived,
          signalArgs: [{ eventId }],
        });
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError || error instanceof WorkflowNotFoundError)
          throw new NotRunning(`The checkout of order ${orderId} is over.`, { cause: error });
        throw error;
      }
    },
    /** @param asOf the state of the order that the request is about: asked again of the same state, it is the same request */
    cancel: (orderId: string, request: CancelRequest, asOf: string, withinMs: number) =>
      update<CheckoutOutcome>(updates.cancel, orderId, request, {
        withinMs,
        updateId: cancelId(request, asOf),
      }),
    /** Asks for the cancellation in a way that stands when no worker is up. @throws NotRunning, or NoAnswerYet when nothing stands */
    requestCancel: (orderId: string, request: CancelRequest, asOf: string): Promise<void> =>
      answered(async () => {
        // The client's own `signal` has a new request id each time; by this one Temporal keeps one signal of many.
        await client.withDeadline(Date.now() + 3_000, () =>
          client.workflowService.signalWorkflowExecution({
            namespace: client.options.namespace,
            workflowExecution: { workflowId: checkoutWorkflowId(orderId) },
            signalName: signals.cancelRequested,
            input: { payloads: [defaultPayloadConverter.toPayload(request)] },
            requestId: cancelId(request, asOf),
          }),
        );
      }),
    /** @param asOf as for `cancel` */
    capture: (orderId: string, request: CaptureRequest, asOf: string, withinMs: number) =>
      update<CheckoutOutcome>(updates.capture, orderId, request, {
        withinMs,
        // A refusal may be out of date although no event of the payment has come: after 10 s it is asked for anew.
        updateId: `capture-${request.amountMinor ?? 'all'}-${asOf}-${Math.floor(Date.now() / 10_000)}`,
      }),
    /** @param actionId id of the audit row, which is all that the workflow is sent: the same one again takes effect once */
    decide: (orderId: string, decision: OperatorDecision, actionId: bigint, withinMs: number) =>
      update<void>(updates[decision], orderId, null, { withinMs, updateId: decisionUpdateId(actionId) }),
    /** null when no workflow of this order is known or no worker answers */
    progress: async (orderId: string): Promise<CheckoutProgress | null> => {
      try {
        return await client.withDeadline(Date.now() + 2_000, () =>
          client.workflow.getHandle(checkoutWorkflowId(orderId)).query<CheckoutProgress>(queries.progress),
        );
      } catch {
        return null;
      }
    },
    /** Temporal's name for the state of the order's last workflow; null when none is known. Throws when nobody answers within 2 s */
    statusOf: async (orderId: string): Promise<string | null> => {
      try {
        const { status } = await client.withDeadline(Date.now() + 2_000, () =>
          client.workflow.getHandle(checkoutWorkflowId(orderId)).describe(),
        );
        return status.name;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return null;
        throw error;
      }
    },
    /** what Temporal keeps of the order's checkout; one is known to have been since the request */
    history: (orderId: string, since: Date) =>
      historyOf(client, checkoutWorkflowId(orderId), { since, causedBy: REQUEST }),
    probe: () => client.workflowService.describeNamespace({ namespace: config.TEMPORAL_NAMESPACE }),
  };
}

/** Connects at the first call, so that the API starts while Temporal is away. */
export function connectTemporal(config: Config): { readonly client: Client; close(): Promise<void> } {
  const connection = Connection.lazy({
    address: config.TEMPORAL_ADDRESS,
    connectTimeout: '3s',
    // gRPC's own waits grow to two minutes: a Temporal that is back would be taken for away that long.
    channelArgs: { 'grpc.initial_reconnect_backoff_ms': 500, 'grpc.max_reconnect_backoff_ms': 2_000 },
  });
  const client = new Client({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    interceptors: { workflow: [traceCarrier] },
  });
  return { client, close: () => connection.close() };
}

/** The rules as they are now; the checkout keeps them for its life. */
const inputOf = (orderId: string, config: Config): CheckoutInput => ({
  orderId,
  policy: {
    holdSeconds: config.CHECKOUT_HOLD_SECONDS,
    captureMethod: config.CAPTURE_METHOD,
    onPaymentFailure: config.PAYMENT_FAILURE_POLICY,
    declinesAtMost: config.PAYMENT_DECLINES_MAX,
    onCaptureExpiry: config.CAPTURE_EXPIRY,
    undoPatienceSeconds: config.UNDO_PATIENCE_SECONDS,
  },
});

/** Asked again by the same side of the same state of the order, it is the same request: Temporal keeps one of many. */
const cancelId = ({ by }: CancelRequest, asOf: string): string => `cancel-${by}-${asOf}`;

/** No such workflow, or over: as the client wraps it, and as the bare service says it (NOT_FOUND). */
const isGone = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError || (isGrpcServiceError(error) && error.code === 5);

/** gRPC's codes with which Temporal refuses one more update: RESOURCE_EXHAUSTED in flight, FAILED_PRECONDITION in all. */
const LIMIT_CODES: readonly number[] = [8, 9];
const isLimit = (error: unknown): boolean =>
  error instanceof ServiceError && isGrpcServiceError(error.cause) && LIMIT_CODES.includes(error.cause.code);

/** @throws Refusal the workflow's, or `TooManyRequests` when Temporal lets it take no more; NotRunning; NoAnswerYet for whatever else kept the answer away */
async function answered<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const cause = error instanceof WorkflowUpdateFailedError ? error.cause : undefined;
    const refusal = cause instanceof ApplicationFailure ? refusalOf(cause.type, cause.message) : undefined;
    if (refusal) throw refusal;
    if (isGone(error) || error instanceof WorkflowExecutionAlreadyStartedError || cause)
      throw new NotRunning('The checkout workflow is over.', { cause: error });
    if (isLimit(error))
      throw new Refusal(
        'TooManyRequests',
        'The workflow has had as many requests as Temporal allows in one run. Terminate it in the Web UI: it begins again from its rows.',
      );
    throw new NoAnswerYet('Temporal has not answered.', { cause: error });
  }
}
