import Stripe from 'stripe';
import { expect, test } from 'vitest';
import { ProviderUnavailable, RequestNotBuilt } from '../../domain/payments/provider.js';
import { asProviderError } from '../../stripe/errors.js';

/** As the SDK wraps what its HTTP client throws. */
const wrapped = (detail: Error): Error =>
  new Stripe.errors.StripeConnectionError({
    message: 'An error occurred with our connection to Stripe.',
    detail,
  } as never);

test.each([
  ['an answer that comes too late', Stripe.HttpClient.makeTimeoutError()],
  ['a connection that is cut', Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })],
  ['a host that is not found', Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })],
])('%s leaves the outcome unknown, and the call is made again', (_what, error) => {
  expect(asProviderError(wrapped(error))).toBeInstanceOf(ProviderUnavailable);
});

test.each([
  ['a header', Object.assign(new TypeError('Invalid character in header'), { code: 'ERR_INVALID_CHAR' })],
  ['a path', new URIError('URI malformed')],
  ['a body', new TypeError('Cannot convert a Symbol value to a string')],
])('%s that cannot be written was not sent, and is not tried again', (_what, error) => {
  expect(asProviderError(wrapped(error))).toBeInstanceOf(RequestNotBuilt);
});
