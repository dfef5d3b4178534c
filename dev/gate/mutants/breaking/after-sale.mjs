const after = 'workflows/after-sale.ts';
const reconciliation = 'workflows/reconciliation.ts';

/** Changes of what comes after the sale. @type {readonly import('../../mutant.mjs').Mutant[]} */
export const afterSale = /** @type {const} */ ([
  {
    name: 'the after-sale activity has another name',
    file: after,
    edits: [
      ['return await followMoney(', 'return await watchMoney('],
      ['const { followMoney } = proxy', 'const { followMoney: _, watchMoney } = proxy'],
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
  {
    name: 'money is followed by a local activity',
    file: after,
    edits: [
      ['const { followMoney } = proxyActivities', 'const { followMoney } = proxyLocalActivities'],
      ['  proxyActivities,\n', '  proxyLocalActivities,\n'],
    ],
  },
  {
    name: 'after-sale waits for a hint alone',
    file: after,
    edits: [
      [
        "(await condition(() => hints > heard, wait, { summary: 'the money is looked at again' }))",
        '(await condition(() => hints > heard).then(() => true))',
      ],
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
  {
    name: 'the after-sale signal has another name',
    file: after,
    edits: [['(afterSaleSignals.moneyMoved)', "('moneyCame')"]],
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
]);
