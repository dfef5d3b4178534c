import type { FastifyRequest } from 'fastify';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import type { Config } from '../config.js';
import { isId } from './paging.js';
import { HttpProblem } from './problem.js';

export interface User {
  readonly id: string;
  readonly isOperator: boolean;
  /** when the access token ends, in milliseconds since 1970 */
  readonly tokenExpiresAt: number;
}

export type Authenticate = (request: FastifyRequest) => Promise<User>;

const unauthorized = (detail: string, error?: string): HttpProblem =>
  new HttpProblem({
    status: 401,
    code: 'unauthorized',
    title: 'An access token is needed',
    detail,
    headers: { 'www-authenticate': error ? `Bearer error="${error}"` : 'Bearer' },
  });

const forbidden = (detail: string): HttpProblem =>
  new HttpProblem({ status: 403, code: 'forbidden', title: 'Not allowed', detail });

/** How long an issuer's keys are believed while it does not answer, and how often it is asked for new ones while it does. */
const KEYS_OUTLIVE_ISSUER_MS = 86_400_000;
const REFRESH_KEYS_MS = 600_000;
/** How far the issuer's clock may be ahead of ours. */
const CLOCK_SKEW_SECONDS = 60;

/** Checks bearer tokens: an issuer's keys where JWKS_URL is set, else HS256 with JWT_SECRET. */
export function createAuthenticate(config: Config): Authenticate {
  const options = {
    requiredClaims: ['sub', 'exp'],
    ...(config.JWT_ISSUER ? { issuer: config.JWT_ISSUER } : {}),
    ...(config.JWT_AUDIENCE ? { audience: config.JWT_AUDIENCE } : {}),
  };
  const remote = config.JWKS_URL ? keysOf(new URL(config.JWKS_URL)) : undefined;
  const secret = new TextEncoder().encode(config.JWT_SECRET ?? '');
  // The algorithm is fixed by the kind of key, never by the token: https://www.rfc-editor.org/rfc/rfc8725#section-3.1
  const verify = async (token: string): Promise<JWTPayload> =>
    remote
      ? (await jwtVerify(token, remote, { ...options, algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA'] })).payload
      : (await jwtVerify(token, secret, { ...options, algorithms: ['HS256'] })).payload;
  return async (request) => {
    const token = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (!token) throw unauthorized('Send an Authorization header: "Bearer <access token>".');
    try {
      const { sub, role, iat, exp } = await verify(token);
      if (typeof sub !== 'string' || !isId(sub))
        throw unauthorized('The access token names no user: claim sub must be 1 to 128 characters.', 'invalid_token');
      checkLife(iat, exp, config.JWT_MAX_AGE);
      return { id: sub, isOperator: role === 'operator', tokenExpiresAt: (exp ?? 0) * 1_000 };
    } catch (error) {
      if (error instanceof HttpProblem) throw error;
      if (error instanceof errors.JWTExpired)
        throw unauthorized('The access token has expired: get a new one.', 'invalid_token');
      if (error instanceof errors.JOSEError && !isIssuerTrouble(error))
        throw unauthorized('The access token is not valid.', 'invalid_token');
      throw new HttpProblem({
        status: 503,
        code: 'issuer-unavailable',
        title: 'Access tokens cannot be checked now',
        detail: "The token issuer's keys cannot be fetched. Try again shortly.",
        retryAfter: 5,
      });
    }
  };
}

/** @throws HttpProblem 401 for a token of the future, and for one that lives longer than is allowed */
function checkLife(iat: number | undefined, exp: number | undefined, longest: number | undefined): void {
  if (iat !== undefined && iat > Date.now() / 1000 + CLOCK_SKEW_SECONDS)
    throw unauthorized('The access token was issued in the future (claim iat).', 'invalid_token');
  if (longest === undefined) return;
  if (iat === undefined || exp === undefined || exp - iat > longest)
    throw unauthorized(
      `The access token must say when it was issued (claim iat) and live for ${longest} s at most.`,
      'invalid_token',
    );
}

/**
 * An issuer's keys. They are fetched anew behind a request's back, so that an issuer that is away for a while is not missed;
 * a key that nobody knows yet is asked for at once.
 */
function keysOf(url: URL): JWTVerifyGetKey {
  const remote = createRemoteJWKSet(url, { cacheMaxAge: KEYS_OUTLIVE_ISSUER_MS });
  let askedAt = Date.now();
  return async (header, token) => {
    if (Date.now() - askedAt > REFRESH_KEYS_MS && remote.jwks()) {
      askedAt = Date.now();
      remote.reload().catch(() => undefined);
    }
    return remote(header, token);
  };
}

/** The issuer's keys could not be had, which says nothing about the token. A bad answer of its is jose's generic error. */
const isIssuerTrouble = ({ code }: errors.JOSEError): boolean =>
  code === errors.JOSEError.code || code === errors.JWKSTimeout.code || code === errors.JWKSInvalid.code;

/** The user of a route that asked for one. @throws HttpProblem 401 */
export function userOf(request: FastifyRequest): User {
  if (!request.user) throw unauthorized('Send an Authorization header: "Bearer <access token>".');
  return request.user;
}

/** @throws HttpProblem 403 for everyone else */
export function operatorOf(request: FastifyRequest): User {
  const user = userOf(request);
  if (!user.isOperator) throw forbidden('Only operators may do this.');
  return user;
}

/** @throws HttpProblem 403 */
export function mustBe(user: User, userId: string): void {
  if (user.id !== userId) throw forbidden("The body's userId must be the user of the access token.");
}

declare module 'fastify' {
  interface FastifyRequest {
    user: User | null;
  }
}
