/** The parts of Stripe's error object: https://docs.stripe.com/api/errors */
export interface ErrorBody {
  readonly type: 'invalid_request_error' | 'card_error' | 'idempotency_error' | 'api_error';
  readonly message: string;
  readonly code?: string;
  readonly param?: string;
  readonly decline_code?: string;
  readonly charge?: string;
  readonly payment_intent?: unknown;
  readonly payment_method?: unknown;
}

/** An answer that is not 2xx. `stored` tells whether an idempotency key remembers it. */
export class StripeError extends Error {
  constructor(
    readonly status: number,
    readonly body: ErrorBody,
    readonly stored = true,
  ) {
    super(body.message);
  }
}

/** Failed before anything began: a key does not remember it. */
export const invalidRequest = (message: string, more: Partial<ErrorBody> = {}, status = 400): StripeError =>
  new StripeError(status, { type: 'invalid_request_error', message, ...more }, false);

/** @param params the first of them is named as the one that is wrong */
export const exclusive = (...params: readonly [string, ...string[]]): StripeError =>
  invalidRequest(`You may only specify one of these parameters: ${params.join(', ')}.`, {
    code: 'parameters_exclusive',
    param: params[0],
  });

export const missing = (param: string): StripeError =>
  invalidRequest(`Missing required param: ${param}.`, { code: 'parameter_missing', param });

/** 404 for the object of the address, 400 for one that a parameter names. */
export const noSuch = (what: string, id: string, param: string, status: 400 | 404 = 404): StripeError =>
  invalidRequest(`No such ${what}: '${id}'`, { code: 'resource_missing', param }, status);

/** What goes over the wire, with the links Stripe adds. */
export const errorAnswer = ({ body }: StripeError, requestId: string): { error: object } => ({
  error: {
    ...body,
    ...(body.code ? { doc_url: `https://stripe.com/docs/error-codes/${body.code.replaceAll('_', '-')}` } : {}),
    request_log_url: `https://dashboard.stripe.com/test/logs/${requestId}?t=${Math.floor(Date.now() / 1000)}`,
  },
});
