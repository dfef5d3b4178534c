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
  { name: 'the retry update has another name', file, edits: [['(updates.retry)', "('again')"]] },
]);
