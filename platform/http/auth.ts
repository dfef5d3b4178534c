import type { FastifyRequest } from 'fastify';
import { createRemoteJWKSet, errors, type JWTPayload, jwtVerify } from 'jose';
import type { Config } from '../config.js';
import { HttpProblem } from './problem.js';

export interface User {
  readonly id: string;
  readonly isOperator: boolean;
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

/** Checks bearer tokens: an issuer's keys where JWKS_URL is set, else HS256 with JWT_SECRET. */
export function createAuthenticate(config: Config): Authenticate {
  const options = {
    requiredClaims: ['sub', 'exp'],
    ...(config.JWT_ISSUER ? { issuer: config.JWT_ISSUER } : {}),
    ...(config.JWT_AUDIENCE ? { audience: config.JWT_AUDIENCE } : {}),
  };
  const remote = config.JWKS_URL ? createRemoteJWKSet(new URL(config.JWKS_URL)) : undefined;
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
      const { sub, role } = await verify(token);
      if (!sub) throw unauthorized('The access token names no user (claim sub).', 'invalid_token');
      return { id: sub, isOperator: role === 'operator' };
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
