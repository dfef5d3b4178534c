/** Branches of the workflow code that no replay takes, and why none can. Beside them every branch is recorded. */
export const notReplayed: readonly {
  readonly file: string;
  /** the line of the source, without its indentation */
  readonly source: string;
  /** `then`, `else`, or the operand as it is written */
  readonly branch: string;
  readonly reason: string;
}[] = [
  ...['then', 'else'].map((branch) => ({
    file: 'workflows/messages.ts',
    source: "if (messages.phase !== 'PARKED')",
    branch,
    reason: 'a validator runs before an update is in the history, and never again',
  })),
  ...['{ outcome: messages.outcome }', '{}'].map((branch) => ({
    file: 'workflows/messages.ts',
    source: '...(messages.outcome ? { outcome: messages.outcome } : {}),',
    branch,
    reason: 'queries are not in the history',
  })),
  {
    file: 'workflows/messages.ts',
    source: 'return messages.outcome',
    branch: "refuse({ code: 'CheckoutClosed', message: 'The checkout ended without an outcome.' })",
    reason: 'for the compiler: who waits is woken by a refusal or by the outcome',
  },
  {
    file: 'workflows/compensations.ts',
    source: 'if (!isCancellation(error)) attempt.ended = { failed: refusalIn(error)?.message ?? String(error) };',
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
