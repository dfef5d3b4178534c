const callers = 'workflows/steps.ts';
const failures = 'workflows/failures.ts';

/** Changes of how activities are called and what their failures mean. @type {readonly import('../../mutant.mjs').Mutant[]} */
export const steps = /** @type {const} */ ([
  {
    name: 'the opening activity has another name',
    file: callers,
    edits: [['local.openCheckout,', '(local as never as Record<string, typeof local.openCheckout>).beginCheckout!,']],
  },
  {
    name: 'settling is a regular activity',
    file: callers,
    edits: [['promptly(local.settlePayment, provider.settlePayment, input)', 'provider.settlePayment(input)']],
  },
  {
    name: 'opening is a regular activity first',
    file: callers,
    edits: [['    local.openCheckout,\n', '    provider.openCheckout,\n']],
  },
  {
    name: 'undos are local activities',
    file: callers,
    edits: [
      [
        'export const undoing = proxyActivities<CheckoutActivities>({\n  ...attempt,\n  cancellationType',
        'export const undoing = proxyLocalActivities<CheckoutActivities>({\n  ...attempt,\n  cancellationType',
      ],
    ],
  },
  {
    name: 'a step that did not fit is given up',
    file: callers,
    edits: [['    return patient(input);', '    throw error;']],
  },
  {
    name: 'a refusal is asked for again with patience',
    file: callers,
    edits: [['isCancellation(error) || refusalIn(error)) throw error;', 'isCancellation(error)) throw error;']],
  },
  {
    name: 'the customer’s cancel does not end the opening',
    file: callers,
    edits: [
      [
        'const first = await Promise.race([opening, condition(() => messages.cancels.length > 0)]);',
        'const first = await opening;',
      ],
    ],
  },
  { name: 'an opening that was given up goes on', file: callers, edits: [['      scope.cancel();\n', '']] },
  {
    name: 'whatever fails counts as a refusal',
    file: failures,
    edits: [
      [
        'failure instanceof ApplicationFailure && failure.nonRetryable ? failure',
        'failure instanceof ApplicationFailure ? failure',
      ],
    ],
  },
]);
