export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body;
}

/** What tests read of answers and problems; whether an answer has it is theirs to assert. */
export interface Body extends Readonly<Record<string, unknown>> {
  readonly type: string;
  readonly detail: string;
  readonly errors: readonly { readonly field: string; readonly message: string }[];
  readonly orderId: string;
  readonly paymentIntentId: string;
  readonly clientSecret: string;
  readonly url: string;
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly nextCursor: string | null;
}

interface Sent {
  readonly method?: 'POST' | 'PUT';
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Somebody who sends requests, with a token or without. */
export interface Caller {
  get(path: string): Promise<Answer>;
  /** a text is sent as it is, anything else as JSON */
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>;
  put(path: string, body: object): Promise<Answer>;
}

export function createCaller(base: string, authorization: string | undefined): Caller {
  const send = async (path: string, init: Sent = {}): Promise<Answer> => {
    const headers = { ...(authorization ? { authorization } : {}), ...init.headers };
    const response = await fetch(`${base}${path}`, { ...init, headers });
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '');
    return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : { text } };
  };
  return {
    get: (path) => send(path),
    post: (path, body, headers = {}) =>
      send(path, {
        method: 'POST',
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
        headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      }),
    put: (path, body) =>
      send(path, { method: 'PUT', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  };
}
