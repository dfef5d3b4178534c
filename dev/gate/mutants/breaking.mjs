const after = 'workflows/after-sale.ts';
const waiting = 'workflows/await-payment.ts';
const checkout = 'workflows/checkout.ts';
const undo = 'workflows/compensations.ts';
const failures = 'workflows/failures.ts';
const messages = 'workflows/messages.ts';
const reconciliation = 'workflows/reconciliation.ts';
const steps = 'workflows/steps.ts';

/**
 * Changes that would strand checkouts that are running: another order, another command, one more or one fewer.
 * @type {readonly import('../mutant.mjs').Mutant[]}
 */
export const breaking = /** @type {const} */ ([
  // activities and undos: order, number, name
  {
    name: 'undos run first to last',
    file: undo,
    edits: [
      [
        'let step = this.stack.at(-1); step; step = this.stack.at(-1)',
        'let step = this.stack[0]; step; step = this.stack[0]',
      ],
      ['this.stack.pop()', 'this.stack.shift()'],
    ],
  },
  {
    name: 'stock is released after the order is cancelled',
    file: checkout,
    edits: [
      ['await undoing.cancelOrder({ orderId, reason });', 'await undoing.releaseStock({ orderId });'],
      [
        "undo.add('release stock', async () => {\n    await undoing.releaseStock({ orderId });",
        "undo.add('release stock', async (reason) => {\n    await undoing.cancelOrder({ orderId, reason });",
      ],
    ],
  },
  { name: 'an undo is left out', file: checkout, edits: [['await undoing.releaseStock({ orderId });', '']] },
  {
    name: 'an undo is registered after its step',
    file: checkout,
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
    file: checkout,
    edits: [
      [
        'await undoing.releaseStock({ orderId });',
        'await undoing.releaseStock({ orderId });\n    await undoing.releaseStock({ orderId });',
      ],
    ],
  },
  {
    name: 'one more activity once the checkout is open',
    file: checkout,
    edits: [
      [
        'messages.opened = true;\n      messages.phase',
        'await undoing.parkOrder({ orderId, why: "" });\n      messages.opened = true;\n      messages.phase',
      ],
    ],
  },
  { name: 'nobody is told of a parked undo', file: undo, edits: [['await this.patience.park(why);', '']] },
  {
    name: 'the opening activity has another name',
    file: steps,
    edits: [['local.openCheckout,', '(local as never as Record<string, typeof local.openCheckout>).beginCheckout!,']],
  },
  {
    name: 'an undo activity has another name',
    file: checkout,
    edits: [
      [
        'await undoing.cancelOrder({',
        'await (undoing as never as Record<string, typeof undoing.cancelOrder>).closeOrder!({',
      ],
    ],
  },
  {
    name: 'the after-sale activity has another name',
    file: after,
    edits: [
      ['return await followMoney(', 'return await watchMoney('],
      ['const { followMoney } = proxy', 'const { followMoney: _, watchMoney } = proxy'],
    ],
  },
  {
    name: 'the reconciliation reads twice',
    file: reconciliation,
    edits: [
      [
        'return reconcilePeriod({ fromMs: toMs - periodHours * 3_600_000, toMs });',
        'const period = { fromMs: toMs - periodHours * 3_600_000, toMs };\n  return reconcilePeriod(period).then(() => reconcilePeriod(period));',
      ],
    ],
  },
  {
    name: 'money is followed twice each time',
    file: after,
    edits: [
      [
        'const lookAgainMs = await follow(eventIds.splice(0));',
        'await follow([]);\n    const lookAgainMs = await follow(eventIds.splice(0));',
      ],
    ],
  },
  // local and regular
  {
    name: 'settling is a regular activity',
    file: steps,
    edits: [['promptly(local.settlePayment, provider.settlePayment, input)', 'provider.settlePayment(input)']],
  },
  {
    name: 'opening is a regular activity first',
    file: steps,
    edits: [['    local.openCheckout,\n', '    provider.openCheckout,\n']],
  },
  {
    name: 'undos are local activities',
    file: steps,
    edits: [
      [
        "export const undoing = proxyActivities<CheckoutActivities>({\n  startToCloseTimeout: '15s',\n  cancellationType",
        "export const undoing = proxyLocalActivities<CheckoutActivities>({\n  startToCloseTimeout: '15s',\n  cancellationType",
      ],
    ],
  },
  {
    name: 'money is followed by a local activity',
    file: after,
    edits: [
      ['const { followMoney } = proxyActivities', 'const { followMoney } = proxyLocalActivities'],
      ['  proxyActivities,\n', '  proxyLocalActivities,\n'],
    ],
  },
  {
    name: 'a step that did not fit is given up',
    file: steps,
    edits: [['    return patient(input);', '    throw error;']],
  },
  {
    name: 'a refusal is asked for again with patience',
    file: steps,
    edits: [['if (isCancellation(error) || refusalIn(error)) throw error;', 'if (isCancellation(error)) throw error;']],
  },
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
  // timers and conditions
  {
    name: 'the customer may take for ever',
    file: waiting,
    edits: [
      [
        "      Math.max(deadline - Date.now(), 1),\n      { summary: seen === 'AUTHORIZED' ? 'the authorisation is about to expire' : 'the hold ends' },\n",
        '',
      ],
    ],
  },
  {
    name: 'a pause before the customer is waited for',
    file: checkout,
    edits: [['const sawIntent =', 'await condition(() => false, 1_000);\n      const sawIntent =']],
  },
  {
    name: 'the answer to an opening has a time-out',
    file: messages,
    edits: [['condition(() => messages.opened))', "condition(() => messages.opened, '1 hour').then(() => undefined))"]],
  },
  {
    name: 'an undo has no patience',
    file: undo,
    edits: [['await condition(waitFor, this.patience.seconds * 1000)', 'await always(waitFor)']],
  },
  {
    name: 'a parked undo is waited for an hour',
    file: undo,
    edits: [
      [
        'still being tried.`);\n        await condition(waitFor);',
        "still being tried.`);\n        await condition(waitFor, '1 hour');",
      ],
    ],
  },
  {
    name: 'a refused undo is not tried again by itself',
    file: undo,
    edits: [
      [
        'await condition(() => this.messages.decision !== undefined, TRY_AGAIN_EVERY);',
        'await condition(() => this.messages.decision !== undefined);',
      ],
    ],
  },
  {
    name: 'a debit met by the undo is waited for without end',
    file: checkout,
    edits: [
      [
        'await condition(() => messages.events.length > 0, atMostMs);',
        'await condition(() => messages.events.length > 0);',
      ],
    ],
  },
  {
    name: 'a debit met by the undo is asked for at once',
    file: undo,
    edits: [["if (undone === 'NOT_YET') await this.patience.nextHint();", "if (undone === 'NOT_YET') continue;"]],
  },
  {
    name: 'after-sale waits for a hint alone',
    file: after,
    edits: [
      ['(await condition(() => hints > heard, wait))', '(await condition(() => hints > heard).then(() => true))'],
      ['const wait =', 'const _wait ='],
    ],
  },
  {
    name: 'after-sale pauses before it looks',
    file: after,
    edits: [['const heard = hints;', 'const heard = hints;\n    await condition(() => false, 1_000);']],
  },
  {
    name: 'after-sale never ends',
    file: after,
    edits: [['if (lookAgainMs === null) return;', 'if (lookAgainMs === null) continue;']],
  },
  {
    name: 'after-sale ends although it was told something meanwhile',
    file: after,
    edits: [
      [
        'if (hints === heard) {\n      if (lookAgainMs === null) return;',
        'if (lookAgainMs === null) return;\n    if (hints === heard) {',
      ],
    ],
  },
  // what is decided
  {
    name: 'an unpaid order is read once more at its deadline',
    file: waiting,
    edits: [["else if (!heard && seen !== 'PROCESSING') return 'EXPIRED';", '']],
  },
  {
    name: 'money on its way is given up at the deadline',
    file: waiting,
    edits: [["else if (!heard && seen !== 'PROCESSING')", 'else if (!heard)']],
  },
  {
    name: 'a decline always ends the order',
    file: waiting,
    edits: [["payment === 'DECLINED' && policy.onPaymentFailure === 'cancel'", "payment === 'DECLINED'"]],
  },
  {
    name: 'money on its way can be cancelled',
    file: waiting,
    edits: [["if (payment !== 'PROCESSING') return givenUpBy(cancels);", 'if (payment) return givenUpBy(cancels);']],
  },
  { name: 'the order’s end is not noticed', file: waiting, edits: [['if (settled.ended) return settled.ended;', '']] },
  {
    name: 'other money than the order’s is left alone',
    file: waiting,
    edits: [["if (payment === 'MISMATCH') return 'PAYMENT_MISMATCH';", '']],
  },
  {
    name: 'an intent cancelled at Stripe is left alone',
    file: waiting,
    edits: [
      ["if (payment === 'CANCELED') return seen === 'AUTHORIZED' ? 'AUTHORIZATION_EXPIRED' : 'PAYMENT_CANCELLED';", ''],
    ],
  },
  {
    name: 'an authorisation is captured whatever the policy',
    file: waiting,
    edits: [
      [
        "if (!heard && seen === 'AUTHORIZED' && policy.onCaptureExpiry === 'cancel') return 'AUTHORIZATION_EXPIRED';",
        '',
      ],
    ],
  },
  {
    name: 'a capture waits until the payment was read',
    file: waiting,
    edits: [
      [
        '(await takePayment()) ?? (await promptSettle({ orderId, eventIds: messages.events.splice(0) }))',
        '(await promptSettle({ orderId, eventIds: messages.events.splice(0) })) && ((await takePayment()) ?? (await promptSettle({ orderId, eventIds: [] })))',
      ],
    ],
  },
  {
    name: 'a capture that failed is thought to be refused',
    file: waiting,
    edits: [
      ['if (!refusal) throw error;', ''],
      ['refusal.type ===', 'refusal?.type ==='],
      ['message: refusal.message', "message: refusal?.message ?? ''"],
    ],
  },
  {
    name: 'money that came does not stop the undo',
    file: checkout,
    edits: [["payment === 'SUCCEEDED' ? 'GO_FORWARD' : 'UNDONE'", "'UNDONE'"]],
  },
  {
    name: 'a debit on its way does not stop the undo',
    file: checkout,
    edits: [["payment === 'PROCESSING' ? 'NOT_YET' : payment", 'payment']],
  },
  {
    name: 'the way forward gives up after one look',
    file: checkout,
    edits: [['await nextEvent(60_000);', "return { outcome: 'CONFIRMED' };"]],
  },
  {
    name: 'an order that is over is opened all the same',
    file: checkout,
    edits: [
      ['if (opened.ended) return opened.ended;', ''],
      ['opened.intentId;', "'intentId' in opened ? opened.intentId : null;"],
      ['opened.expiresAtMs', "'expiresAtMs' in opened ? opened.expiresAtMs : 0"],
    ],
  },
  {
    name: 'a skipped undo is tried again',
    file: undo,
    edits: [["if (decision !== 'retry') return 'UNDONE';", "if (decision === 'resolve') return 'UNDONE';"]],
  },
  {
    name: 'an undo tried again is thought to be done',
    file: undo,
    edits: [["if (decision !== 'retry') return 'UNDONE';", "return 'UNDONE';"]],
  },
  { name: 'a decision leaves the old attempt running', file: undo, edits: [['      attempt.abandon();\n', '']] },
  {
    name: 'the customer’s cancel does not end the opening',
    file: steps,
    edits: [
      [
        'const first = await Promise.race([opening, condition(() => messages.cancels.length > 0)]);',
        'const first = await opening;',
      ],
    ],
  },
  { name: 'an opening that was given up goes on', file: steps, edits: [['      scope.cancel();\n', '']] },
  {
    name: 'Temporal’s cancel reaches the undo',
    file: undo,
    edits: [
      ['return CancellationScope.nonCancellable(async () => {', 'return CancellationScope.cancellable(async () => {'],
    ],
  },
  // awaits
  {
    name: 'releasing the stock is not awaited',
    file: checkout,
    edits: [['await undoing.releaseStock(', 'void undoing.releaseStock(']],
  },
  {
    name: 'the undo is not awaited',
    file: checkout,
    edits: [["if ((await undo.run(reason)) === 'UNDONE')", 'void undo.run(reason);\n    if (reason.length > 0)']],
  },
  {
    name: 'parking is not awaited',
    file: undo,
    edits: [['await this.patience.park(why);', 'void this.patience.park(why);']],
  },
  // messages
  {
    name: 'the payment signal has another name',
    file: messages,
    edits: [
      [
        'defineSignal<[PaymentEventReceived]>(signals.paymentEventReceived)',
        "defineSignal<[PaymentEventReceived]>('paymentEventHeard')",
      ],
    ],
  },
  {
    name: 'the cancel signal has another name',
    file: messages,
    edits: [['(signals.cancelRequested)', "('cancelAsked')"]],
  },
  { name: 'the cancel update has another name', file: messages, edits: [['(updates.cancel)', "('giveUp')"]] },
  { name: 'the capture update has another name', file: messages, edits: [['(updates.capture)', "('take')"]] },
  { name: 'the retry update has another name', file: messages, edits: [['(updates.retry)', "('again')"]] },
  {
    name: 'the after-sale signal has another name',
    file: after,
    edits: [['(afterSaleSignals.moneyMoved)', "('moneyCame')"]],
  },
  {
    name: 'the workflow does not wait for its handlers',
    file: checkout,
    edits: [['await CancellationScope.nonCancellable(() => condition(allHandlersFinished));', '']],
  },
  // search attributes
  { name: 'the end is not shown', file: checkout, edits: [['showEnd(messages.outcome, intentId);', '']] },
  {
    name: 'the end is shown twice',
    file: checkout,
    edits: [
      [
        'showEnd(messages.outcome, intentId);',
        'showEnd(messages.outcome, intentId);\n  showEnd(messages.outcome, intentId);',
      ],
    ],
  },
  {
    name: 'the end is shown when it begins',
    file: checkout,
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
    file: checkout,
    edits: [
      [
        'intentId = opened.intentId;',
        "intentId = opened.intentId;\n      showEnd({ outcome: 'CONFIRMED' }, intentId);",
      ],
    ],
  },
  // versions
  {
    name: 'a patch whose sides are swapped',
    file: checkout,
    edits: [
      [
        'await undoing.releaseStock({ orderId });',
        "if (!patched('stock is released once')) await undoing.releaseStock({ orderId });\n    await undoing.releaseStock({ orderId });",
      ],
      ['  isCancellation,\n', '  isCancellation,\n  patched,\n'],
    ],
  },
  {
    name: 'a patch whose old side is gone',
    file: checkout,
    edits: [
      [
        'await undoing.cancelOrder({ orderId, reason });',
        "deprecatePatch('orders are archived');\n    await undoing.parkOrder({ orderId, why: reason });\n    await undoing.cancelOrder({ orderId, reason });",
      ],
      ['  condition,\n', '  condition,\n  deprecatePatch,\n'],
    ],
  },
]);
