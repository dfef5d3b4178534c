import { Type } from 'typebox';

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Where each problem type is explained. A URI, so that it is stable, whoever runs the platform. */
const TYPE_BASE = 'https://holdfast.dev/problems/';

const FieldProblem = Type.Object(
  {
    field: Type.String({ description: 'where, in the words of the request: items[0].quantity' }),
    message: Type.String(),
  },
  { title: 'FieldProblem' },
);

/** RFC 9457, with the fields at fault and what support asks for. */
export const Problem = Type.Object(
  {
    type: Type.String({ format: 'uri' }),
    title: Type.String(),
    status: Type.Integer(),
    detail: Type.String(),
    instance: Type.String(),
    code: Type.String(),
    requestId: Type.String(),
    orderId: Type.Optional(Type.String()),
    correlationId: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(FieldProblem)),
  },
  { $id: 'Problem', description: 'application/problem+json (RFC 9457)' },
);

export interface ProblemOptions {
  readonly status: number;
  /** kebab-case end of the type URI; stable */
  readonly code: string;
  readonly title: string;
  /** a sentence a person can act on */
  readonly detail: string;
  readonly errors?: readonly { readonly field: string; readonly message: string }[];
  /** seconds, as a Retry-After header */
  readonly retryAfter?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that is a problem. Thrown anywhere under a request, it becomes application/problem+json. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  constructor(readonly options: ProblemOptions) {
    super(options.detail);
  }
}

/** The body of a problem (RFC 9457). @param more what the request knows: its path and its id, the order where it is about one */
export const problemBody = (
  { status, code, title, detail, errors = [] }: ProblemOptions,
  more: {
    readonly instance: string;
    readonly requestId: string;
    readonly orderId?: string;
    readonly correlationId?: string;
  },
) => ({
  type: `${TYPE_BASE}${code}`,
  title,
  status,
  detail,
  code,
  ...more,
  ...(errors.length > 0 ? { errors } : {}),
});
