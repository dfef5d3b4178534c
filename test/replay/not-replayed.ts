/** Validators run before an update is in the history, and never again: no replay takes them. */
export const neverReplayed = 'workflows/validators.ts';

/** Branches of the workflow code that no replay takes, and why none can. Beside them every branch is recorded. */
export const notReplayed: readonly {
  readonly file: string;
  /** the line of the source, without its indentation */
  readonly source: string;
  /** `then`, `else`, or the operand as it is written */
  readonly branch: string;
  readonly reason: string;
}[] = [
  ...['{ outcome: messages.outcome }', '{}'].map((branch) => ({
    file: 'workflows/messages.ts',
    source: '...(messages.outcome ? { outcome: messages.outcome } : {}),',
    branch,
    reason: 'queries are not in the history',
  })),
  ...['[]', 'undoSteps()'].map((branch) => ({
    file: 'workflows/messages.ts',
    source: 'undo: messages.outcome ? [] : undoSteps(),',
    branch,
    reason: 'queries are not in the history',
  })),
  ...[
    ['checkout', 'if (!(error instanceof TemporalFailure)) throw error;'],
    ['trace-carrier', 'if (!(error instanceof TemporalFailure)) logFault(error as Partial<Error>);'],
    ['compensations', 'if (!(error instanceof TemporalFailure)) attempt.ended = { fault: error };'],
    ['compensations', "if (attempt.ended && 'fault' in attempt.ended) throw attempt.ended.fault;"],
  ].map(([file, source]) => ({
    file: `workflows/${file}.ts`,
    source: source ?? '',
    branch: 'then',
    reason: 'a fault of the code fails the workflow task, whose answer is never in the history',
  })),
  ...["patched('a long history goes on in a new run'))", 'then'].map((branch) => ({
    file: 'workflows/after-sale.ts',
    source: "if (hints + reads >= MESSAGES_OF_A_RUN && patched('a long history goes on in a new run'))",
    branch,
    reason: 'five hundred hints; played in test/workflow/after-sale.test.ts',
  })),
  ...[
    ['after-sale', 'if (!isAfterSaleInput(input))'],
    ['checkout', 'if (!isCheckoutInput(input))'],
  ].map(([file, source]) => ({
    file: `workflows/${file}.ts`,
    source: source ?? '',
    branch: 'then',
    reason: 'begun by hand with nonsense it fails at once; played in test/workflow/after-sale.test.ts',
  })),
  ...['then', 'else'].map((branch) => ({
    file: 'workflows/checkout.ts',
    source: 'if (!refusal) throw error;',
    branch,
    reason: 'a payment that has come is read again without end; that the reading is refused is played in test/workflow',
  })),
  {
    file: 'workflows/decisions.ts',
    source:
      "if (messages.phase !== 'PARKED' || undoSteps()[0] !== step || messages.decision !== undefined) nothingToDecide();",
    branch: 'then',
    reason: 'the undo moves on in the moment in which a row is read; played in test/workflow/parked.test.ts',
  },
  {
    file: 'workflows/decisions.ts',
    source: 'throw refusalIn(error) ?? error;',
    branch: 'error',
    reason: 'a row that cannot be read is read again without end',
  },
  {
    file: 'workflows/asking.ts',
    source: 'return counted.outcome',
    branch: "refuse({ code: 'CheckoutClosed', message: 'The checkout ended without an outcome.' })",
    reason: 'for the compiler: who waits is woken by a refusal or by the outcome',
  },
  {
    file: 'workflows/compensations.ts',
    source: 'else if (!isCancellation(error)) attempt.ended = { failed: refusalIn(error)?.message ?? String(error) };',
    branch: 'String(error)',
    reason: 'what is not refused is tried again without end, so no undo fails in another way',
  },
  {
    file: 'workflows/versioning.ts',
    source: 'workflowInfo().currentDeploymentVersion?.deploymentName ? { versioningBehavior } : {};',
    branch: '{ versioningBehavior }',
    reason: 'histories are recorded by workers without a build; those of builds are replayed in test/deploys',
  },
];
