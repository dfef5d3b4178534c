const file = 'workflows/messages.ts';

/** Changes of what a checkout hears. @type {readonly import('../../mutant.mjs').Mutant[]} */
export const messages = /** @type {const} */ ([
  {
    name: 'the answer to an opening has a time-out',
    file,
    edits: [['condition(() => messages.opened))', "condition(() => messages.opened, '1 hour').then(() => undefined))"]],
  },
  {
    name: 'the payment signal has another name',
    file,
    edits: [
      [
        'defineSignal<[PaymentEventReceived]>(signals.paymentEventReceived)',
        "defineSignal<[PaymentEventReceived]>('paymentEventHeard')",
      ],
    ],
  },
  {
    name: 'the cancel signal has another name',
    file,
    edits: [['(signals.cancelRequested)', "('cancelAsked')"]],
  },
  { name: 'the cancel update has another name', file, edits: [['(updates.cancel)', "('giveUp')"]] },
  { name: 'the capture update has another name', file, edits: [['(updates.capture)', "('take')"]] },
  {
    name: 'the updates of operators have other names',
    file: 'workflows/decisions.ts',
    edits: [['defineUpdate<void>(updates[decision])', 'defineUpdate<void>(`${decision}-now`)']],
  },
  {
    name: 'a decision of before is looked up as well',
    file: 'workflows/decisions.ts',
    edits: [["if (patched('a decision is accepted by its audit row')) await", 'await']],
  },
  {
    name: 'nonsense of before is ignored as well',
    file,
    edits: [["if (isUnderstood || !patched('nonsense is ignored')) return false;", 'if (isUnderstood) return false;']],
  },
]);
