import { HttpProblem } from '../platform/http/problem.js';

/** What was asked for is not done, and the same request may do it in a moment. @param what a sentence */
export const tryAgain = (what: string): HttpProblem =>
  new HttpProblem({
    status: 503,
    code: 'not-yet',
    title: 'Not yet',
    detail: `${what} Send the same request again.`,
    retryAfter: 2,
  });
