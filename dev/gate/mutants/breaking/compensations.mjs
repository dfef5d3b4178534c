const file = 'workflows/compensations.ts';

/** Changes of how a checkout is undone. @type {readonly import('../../mutant.mjs').Mutant[]} */
export const compensations = /** @type {const} */ ([
  {
    name: 'undos run first to last',
    file,
    edits: [
      [
        'let step = this.stack.at(-1); step; step = this.stack.at(-1)',
        'let step = this.stack[0]; step; step = this.stack[0]',
      ],
      ['this.stack.pop()', 'this.stack.shift()'],
    ],
  },
  { name: 'nobody is told of a parked undo', file, edits: [['await this.patience.park(why);', '']] },
  {
    name: 'an undo has no patience',
    file,
    edits: [['this.patience.seconds * 1000, {', 'undefined as never, {']],
  },
  {
    name: 'a parked undo is waited for an hour',
    file,
    edits: [
      [
        'still being tried.`);\n        await condition(waitFor);',
        "still being tried.`);\n        await condition(waitFor, '1 hour');",
      ],
    ],
  },
  {
    name: 'a refused undo is not tried again by itself',
    file,
    edits: [
      [
        'this.messages.decision !== undefined, TRY_AGAIN_EVERY, {',
        'this.messages.decision !== undefined, undefined as never, {',
      ],
    ],
  },
  {
    name: 'a debit met by the undo is asked for at once',
    file,
    edits: [["if (undone === 'NOT_YET') await this.patience.nextHint();", "if (undone === 'NOT_YET') continue;"]],
  },
  {
    name: 'a skipped undo is tried again',
    file,
    edits: [["if (decision !== 'retry') return 'UNDONE';", "if (decision === 'resolve') return 'UNDONE';"]],
  },
  {
    name: 'an undo tried again is thought to be done',
    file,
    edits: [["if (decision !== 'retry') return 'UNDONE';", "return 'UNDONE';"]],
  },
  { name: 'a decision leaves the old attempt running', file, edits: [['      attempt.abandon();\n', '']] },
  {
    name: 'Temporal’s cancel reaches the undo',
    file,
    edits: [
      ['return CancellationScope.nonCancellable(async () => {', 'return CancellationScope.cancellable(async () => {'],
    ],
  },
  {
    name: 'parking is not awaited',
    file,
    suite: 'test/workflow/parked.test.ts',
    edits: [['await this.patience.park(why);', 'void this.patience.park(why);']],
  },
]);
