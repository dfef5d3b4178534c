/** Temporal's limit of a summary, in bytes: `limit.userMetadataSummarySize` of its server. */
const AT_MOST = 400;

/** A summary for Temporal's Web UI, cut at a whole character where an id makes it too long: a longer one refuses the call. */
export const summaryOf = (text: string): string =>
  new TextDecoder().decode(Buffer.from(text).subarray(0, AT_MOST)).replace(/\ufffd+$/, '');
