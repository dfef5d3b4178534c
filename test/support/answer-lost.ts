/**
 * Rules for the emulator by which one POST has its effect and no answer. Stripe's SDK itself calls once more when a
 * connection is cut, whatever `maxNetworkRetries` says: the first call has no effect, and the second one has.
 */
export function answerLost(path: string) {
  const cut = { method: 'POST', path, cut: true, times: 1 };
  return { faults: [cut, { ...cut, when: 'after' }] };
}
