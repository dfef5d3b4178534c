const file = 'workflows/checkout.ts';

/** Changes of the saga itself. @type {readonly import('../../mutant.mjs').Mutant[]} */
export const checkout = /** @type {const} */ ([
  {
    name: 'stock is released after the order is cancelled',
    file,
    edits: [
      ['await undoing.cancelOrder({ orderId, reason });', 'await undoing.releaseStock({ orderId });'],
      [
        "undo.add('release stock', async () => {\n    await undoing.releaseStock({ orderId });",
        "undo.add('release stock', async (reason) => {\n    await undoing.cancelOrder({ orderId, reason });",
      ],
    ],
  },
  { name: 'an undo is left out', file, edits: [['await undoing.releaseStock({ orderId });', '']] },
  {
    name: 'an undo is registered after its step',
    file,
    edits: [
      [
        "  undo.add('cancel payment', async (reason) => {",
        "  const addLast = () => undo.add('cancel payment', async (reason) => {",
      ],
      ['if (opened.ended) return opened.ended;', 'if (opened.ended) return opened.ended;\n      addLast();'],
    ],
  },
  {
    name: 'an undo is done twice',
    file,
    edits: [
      [
        'await undoing.releaseStock({ orderId });',
        'await undoing.releaseStock({ orderId });\n    await undoing.releaseStock({ orderId });',
      ],
    ],
  },
  {
    name: 'one more activity once the checkout is open',
    file,
    edits: [
      [
        'messages.opened = true;\n      messages.phase',
        'await undoing.parkOrder({ orderId, why: "" });\n      messages.opened = true;\n      messages.phase',
      ],
    ],
  },
  {
    name: 'an undo activity has another name',
    file,
    edits: [
      [
        'await undoing.cancelOrder({',
        'await (undoing as never as Record<string, typeof undoing.cancelOrder>).closeOrder!({',
      ],
    ],
  },
  {
    name: 'a pause before the customer is waited for',
    file,
    edits: [['const sawIntent =', 'await condition(() => false, 1_000);\n      const sawIntent =']],
  },
  {
    name: 'a debit met by the undo is waited for without end',
    file,
    edits: [
      [
        'await condition(() => messages.events.length > 0, atMostMs, { summary });',
        'await condition(() => messages.events.length > 0);',
      ],
    ],
  },
  {
    name: 'money that came does not stop the undo',
    file,
    edits: [["payment === 'SUCCEEDED' ? 'GO_FORWARD' : 'UNDONE'", "'UNDONE'"]],
  },
  {
    name: 'a debit on its way does not stop the undo',
    file,
    edits: [["payment === 'PROCESSING' ? 'NOT_YET' : payment", 'payment']],
  },
  {
    name: 'the way forward gives up after one look',
    file,
    edits: [
      ["await nextEvent(60_000, 'the payment that has come is read again');", "return { outcome: 'CONFIRMED' };"],
    ],
  },
  {
    name: 'an order that is over is opened all the same',
    file,
    edits: [
      ['if (opened.ended) return opened.ended;', ''],
      ['opened.intentId;', "'intentId' in opened ? opened.intentId : null;"],
      ['opened.expiresAtMs', "'expiresAtMs' in opened ? opened.expiresAtMs : 0"],
    ],
  },
  {
    name: 'releasing the stock is not awaited',
    file,
    edits: [['await undoing.releaseStock(', 'void undoing.releaseStock(']],
  },
  {
    name: 'the undo is not awaited',
    file,
    edits: [["if ((await undo.run(reason)) === 'UNDONE')", 'void undo.run(reason);\n    if (reason.length > 0)']],
  },
  {
    name: 'the workflow does not wait for its handlers',
    file,
    edits: [['await CancellationScope.nonCancellable(() => condition(allHandlersFinished));', '']],
    note: 'No handler of today needs another workflow task once the outcome is there; it is there for one that will.',
  },
  { name: 'the end is not shown', file, edits: [['showEnd(messages.outcome, intentId);', '']] },
  {
    name: 'the end is shown twice',
    file,
    edits: [
      [
        'showEnd(messages.outcome, intentId);',
        'showEnd(messages.outcome, intentId);\n  showEnd(messages.outcome, intentId);',
      ],
    ],
  },
  {
    name: 'the end is shown when it begins',
    file,
    edits: [
      ['  showEnd(messages.outcome, intentId);\n', ''],
      ['    setCurrentDetails(`Undoing: ${reason}`);', "    showEnd({ outcome: 'CANCELLED' }, intentId);"],
      [
        "if (typeof reason !== 'string') return reason;",
        "if (typeof reason !== 'string') {\n      showEnd(reason, intentId);\n      return reason;\n    }",
      ],
    ],
  },
  {
    name: 'opening is shown as well',
    file,
    edits: [
      [
        'intentId = opened.intentId;',
        "intentId = opened.intentId;\n      showEnd({ outcome: 'CONFIRMED' }, intentId);",
      ],
    ],
  },
  {
    name: 'a patch whose sides are swapped',
    file,
    edits: [
      [
        'await undoing.releaseStock({ orderId });',
        "if (!patched('stock is released once')) await undoing.releaseStock({ orderId });\n    await undoing.releaseStock({ orderId });",
      ],
    ],
  },
  {
    name: 'a patch whose old side is gone',
    file,
    edits: [
      [
        'await undoing.cancelOrder({ orderId, reason });',
        "deprecatePatch('orders are archived');\n    await undoing.parkOrder({ orderId, why: reason });\n    await undoing.cancelOrder({ orderId, reason });",
      ],
      ['  condition,\n', '  condition,\n  deprecatePatch,\n'],
    ],
  },
]);
