const after = 'workflows/after-sale.ts';
const waiting = 'workflows/await-payment.ts';
const checkout = 'workflows/checkout.ts';
const undo = 'workflows/compensations.ts';
const messages = 'workflows/messages.ts';
const reconciliation = 'workflows/reconciliation.ts';
const steps = 'workflows/steps.ts';
const trace = 'workflows/trace-carrier.ts';

/**
 * Changes of what is said and not of what is done when: every history replays, and only a test of behaviour can tell.
 * @type {readonly import('../mutant.mjs').Mutant[]}
 */
export const behaviour = /** @type {const} */ ([
  {
    name: 'the customer’s cancel is told as the operator’s',
    file: messages,
    suite: 'test/workflow/cancelling.test.ts',
    edits: [["request.by === 'operator'", "request.by === 'customer'"]],
  },
  {
    name: 'Temporal’s cancel is told as an expiry',
    file: checkout,
    suite: 'test/workflow/cancelling.test.ts',
    edits: [
      ["if (isCancellation(error)) return 'CANCELLED_BY_OPERATOR';", "if (isCancellation(error)) return 'EXPIRED';"],
    ],
  },
  {
    name: 'a refused payment is told as an expiry',
    file: checkout,
    suite: 'test/workflow/opening.test.ts',
    edits: [["return refusal ? 'PAYMENT_REFUSED' : 'EXPIRED';", "return refusal ? 'EXPIRED' : 'EXPIRED';"]],
  },
  {
    name: 'a decline is told as a cancellation',
    file: waiting,
    suite: 'test/workflow/waiting.test.ts',
    edits: [["return 'PAYMENT_FAILED';", "return 'PAYMENT_CANCELLED';"]],
  },
  {
    name: 'other money is told as a decline',
    file: waiting,
    suite: 'test/workflow/waiting.test.ts',
    edits: [["return 'PAYMENT_MISMATCH';", "return 'PAYMENT_FAILED';"]],
  },
  {
    name: 'an authorisation taken back is told as a cancellation',
    file: waiting,
    suite: 'test/workflow/settling.test.ts',
    edits: [["seen === 'AUTHORIZED' ? 'AUTHORIZATION_EXPIRED' : 'PAYMENT_CANCELLED'", "'PAYMENT_CANCELLED'"]],
  },
  {
    name: 'the order is cancelled without its reason',
    file: checkout,
    suite: 'test/workflow/waiting.test.ts',
    edits: [
      ['await undoing.cancelOrder({ orderId, reason });', "await undoing.cancelOrder({ orderId, reason: 'EXPIRED' });"],
    ],
  },
  {
    name: 'the payment is cancelled with another reason',
    file: checkout,
    suite: 'test/workflow/waiting.test.ts',
    edits: [
      [
        'undoing.cancelPayment({ ...command, reason,',
        "undoing.cancelPayment({ ...command, reason: reason === 'PAYMENT_FAILED' ? 'EXPIRED' : reason,",
      ],
    ],
  },
  {
    name: 'the undo list is told first to last',
    file: undo,
    suite: 'test/workflow/parked.test.ts',
    edits: [['.map(({ name }) => name).reverse()', '.map(({ name }) => name)']],
  },
  {
    name: 'events are forgotten when the payment is read',
    file: waiting,
    suite: 'test/workflow/waiting.test.ts',
    edits: [['eventIds: messages.events.splice(0) }', 'eventIds: messages.events.splice(0).slice(1) }']],
  },
  {
    name: 'events heard by after-sale are forgotten',
    file: after,
    suite: 'test/workflow/after-sale.test.ts',
    edits: [['eventIds: heard', 'eventIds: heard.slice(1)']],
  },
  {
    name: 'events are forgotten once the money came after all',
    file: checkout,
    suite: 'test/workflow/undo.test.ts',
    edits: [['promptSettle({ orderId, eventIds: [...taken] })', 'promptSettle({ orderId, eventIds: [] })']],
  },
  {
    name: 'an event told twice is told on twice',
    file: messages,
    suite: 'test/workflow/messages.test.ts',
    edits: [
      [
        'if (!messages.events.includes(event.eventId)) messages.events.push(event.eventId);',
        'messages.events.push(event.eventId);',
      ],
    ],
  },
  {
    name: 'a part that is captured is captured in full',
    file: waiting,
    suite: 'test/workflow/settling.test.ts',
    edits: [['{ orderId, ...asked.request }', '{ orderId }']],
  },
  {
    name: 'a capture too large is told as nothing to capture',
    file: waiting,
    suite: 'test/workflow/settling.test.ts',
    edits: [["refusal.type === 'CaptureTooLarge' ? 'CaptureTooLarge' : 'NothingToCapture'", "'NothingToCapture'"]],
  },
  {
    name: 'every checkout is captured at once',
    file: checkout,
    suite: 'test/workflow/opening.test.ts',
    edits: [['captureMethod: policy.captureMethod }', "captureMethod: 'automatic' as const }"]],
  },
  {
    name: 'stock is held a tenth of the time',
    file: checkout,
    suite: 'test/workflow/opening.test.ts',
    edits: [['policy.holdSeconds * 1000', 'policy.holdSeconds * 100']],
  },
  {
    name: 'the deadline does not move with the payment',
    file: waiting,
    suite: 'test/workflow/waiting.test.ts',
    edits: [['({ payment: seen, expiresAtMs: deadline } = settled);', '({ payment: seen } = settled);']],
  },
  {
    name: 'a person is told after a thousandth of the patience',
    file: undo,
    suite: 'test/workflow/undo.test.ts',
    edits: [['this.patience.seconds * 1000', 'this.patience.seconds']],
  },
  {
    name: 'a refused undo is tried again twice a day',
    file: undo,
    suite: 'test/workflow/undo.test.ts',
    edits: [["const TRY_AGAIN_EVERY = '1 hour';", "const TRY_AGAIN_EVERY = '12 hours';"]],
  },
  {
    name: 'a debit met by the undo is asked for once a day',
    file: checkout,
    suite: 'test/workflow/undo.test.ts',
    edits: [['nextEvent(3_600_000,', 'nextEvent(86_400_000,']],
  },
  {
    name: 'the way forward looks once an hour',
    file: checkout,
    suite: 'test/workflow/undo.test.ts',
    edits: [['nextEvent(60_000,', 'nextEvent(3_600_000,']],
  },
  {
    name: 'a dispute is looked at once a week',
    file: after,
    suite: 'test/workflow/after-sale.test.ts',
    edits: [['const LOOK_AT_LEAST_EVERY_MS = 86_400_000;', 'const LOOK_AT_LEAST_EVERY_MS = 604_800_000;']],
  },
  {
    name: 'an order that stays open is looked at ever as often',
    file: after,
    suite: 'test/workflow/after-sale.test.ts',
    edits: [['lookAgainMs * 2 ** Math.min(quiet, 8)', 'lookAgainMs']],
  },
  {
    name: 'undos give up after three attempts',
    file: steps,
    suite: 'test/workflow/patience.test.ts',
    edits: [
      [
        "retry: { ...backoff, maximumInterval: '1m' },",
        "retry: { ...backoff, maximumInterval: '1m', maximumAttempts: 3 },",
      ],
    ],
  },
  {
    name: 'an opening may outlive the hold',
    file: steps,
    suite: 'test/workflow/opening.test.ts',
    edits: [['scheduleToCloseTimeout: Math.max(command.expiresAtMs - Date.now(), 1),\n', '']],
  },
  {
    name: 'a call to Stripe has two seconds',
    file: steps,
    suite: 'test/workflow/opening.test.ts',
    edits: [["const attempt = { startToCloseTimeout: '15s',", "const attempt = { startToCloseTimeout: '2s',"]],
  },
  {
    name: 'a worker that died is not noticed before its attempts run out of time',
    file: steps,
    suite: 'test/workflow/opening.test.ts',
    edits: [[', heartbeatTimeout: HEARTBEAT_TIMEOUT } as const;', ' } as const;\nvoid HEARTBEAT_TIMEOUT;']],
  },
  {
    name: 'a local step may hold the workflow task up',
    file: steps,
    suite: 'test/workflow/opening.test.ts',
    edits: [["  scheduleToCloseTimeout: '2.5s',", "  scheduleToCloseTimeout: '25s',"]],
  },
  {
    name: 'a cancel that comes too late is told as done',
    file: messages,
    suite: 'test/workflow/messages.test.ts',
    edits: [["outcome.outcome === 'CANCELLED'\n    ? outcome\n    :", 'outcome.outcome\n    ? outcome\n    :']],
  },
  {
    name: 'a capture of a cancelled order is told as done',
    file: messages,
    suite: 'test/workflow/cancelling.test.ts',
    edits: [["outcome.outcome === 'CONFIRMED' ? outcome :", 'outcome.outcome ? outcome :']],
  },
  {
    name: 'a checkout that is not parked may be decided',
    file: 'workflows/validators.ts',
    suite: 'test/workflow/messages.test.ts',
    edits: [["if (messages.phase !== 'PARKED')", "if (messages.phase === 'ENDED')"]],
  },
  {
    name: 'whoever asks is told too much to be undone',
    file: messages,
    suite: 'test/workflow/endings.test.ts',
    edits: [['undo: messages.outcome ? [] : undoSteps(),', 'undo: [],']],
  },
  {
    name: 'the reconciliation looks back minutes',
    file: reconciliation,
    suite: 'test/workflow/reconciliation.test.ts',
    edits: [['periodHours * 3_600_000', 'periodHours * 60_000']],
  },
  {
    name: 'the list shows every checkout as confirmed',
    file: steps,
    suite: 'test/workflow/endings.test.ts',
    edits: [['orderStatus, value: outcome }', "orderStatus, value: 'CONFIRMED' }"]],
  },
  {
    name: 'the list does not show the payment of a page',
    file: checkout,
    suite: 'test/workflow/endings.test.ts',
    edits: [['intentId = id ?? intentId;', 'intentId ??= null;\n        void id;']],
  },
  {
    name: 'the trace ends at the workflow',
    file: trace,
    suite: 'test/workflow/endings.test.ts',
    edits: [
      [
        'carried = TRACE_HEADER in input.headers ? { [TRACE_HEADER]: input.headers[TRACE_HEADER] } : {};',
        'carried = {};',
      ],
    ],
  },
  {
    name: 'the timer has another summary',
    file: waiting,
    edits: [["'the hold ends'", "'the deadline'"]],
    note: 'Words for the Web UI: free to change.',
  },
  {
    name: 'a patch that takes the old side for old histories',
    file: checkout,
    edits: [
      [
        'await undoing.releaseStock({ orderId });',
        "if (patched('stock is released in one call')) await undoing.releaseStock({ orderId });\n    else await undoing.releaseStock({ orderId });",
      ],
    ],
    note: 'This is how a change is made: it must pass everything.',
  },
]);
