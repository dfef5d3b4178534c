const file = 'workflows/await-payment.ts';

/** Changes of what is waited for, and of what it means. @type {readonly import('../../mutant.mjs').Mutant[]} */
export const awaitPayment = /** @type {const} */ ([
  {
    name: 'the customer may take for ever',
    file,
    edits: [
      [
        "      Math.max(deadline - Date.now(), 1),\n      { summary: seen === 'AUTHORIZED' ? 'the authorisation is about to expire' : 'the hold ends' },\n",
        '',
      ],
    ],
  },
  {
    name: 'an unpaid order is read once more at its deadline',
    file,
    edits: [["else if (!heard && seen !== 'PROCESSING') return 'EXPIRED';", '']],
  },
  {
    name: 'money on its way is given up at the deadline',
    file,
    edits: [["else if (!heard && seen !== 'PROCESSING')", 'else if (!heard)']],
  },
  {
    name: 'a decline always ends the order',
    file,
    edits: [["payment === 'DECLINED' && isLastTry", "payment === 'DECLINED'"]],
  },
  {
    name: 'money on its way can be cancelled',
    file,
    edits: [["if (payment !== 'PROCESSING') return givenUpBy(cancels);", 'if (payment) return givenUpBy(cancels);']],
  },
  { name: 'the order’s end is not noticed', file, edits: [['if (settled.ended) return settled.ended;', '']] },
  {
    name: 'other money than the order’s is left alone',
    file,
    edits: [["if (payment === 'MISMATCH') return 'PAYMENT_MISMATCH';", '']],
  },
  {
    name: 'an intent cancelled at Stripe is left alone',
    file,
    edits: [
      ["if (payment === 'CANCELED') return seen === 'AUTHORIZED' ? 'AUTHORIZATION_EXPIRED' : 'PAYMENT_CANCELLED';", ''],
    ],
  },
  {
    name: 'an authorisation is captured whatever the policy',
    file,
    edits: [
      [
        "if (!heard && seen === 'AUTHORIZED' && policy.onCaptureExpiry === 'cancel') return 'AUTHORIZATION_EXPIRED';",
        '',
      ],
    ],
  },
  {
    name: 'a capture waits until the payment was read',
    file,
    edits: [
      [
        '(await takePayment()) ?? (await promptSettle({ orderId, eventIds: messages.events.splice(0) }))',
        '(await promptSettle({ orderId, eventIds: messages.events.splice(0) })) && ((await takePayment()) ?? (await promptSettle({ orderId, eventIds: [] })))',
      ],
    ],
  },
  {
    name: 'a capture that failed is thought to be refused',
    file,
    edits: [
      ['if (!refusal) throw error;', ''],
      ['refusal.type ===', 'refusal?.type ==='],
      ['message: refusal.message', "message: refusal?.message ?? ''"],
    ],
  },
]);
