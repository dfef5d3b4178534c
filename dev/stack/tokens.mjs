/** The user of the integration guide's first test. */
const CUSTOMER = '67458e9c1234567890fedcba';
const OPERATOR = 'operator-local';

const TEN_YEARS_S = 10 * 365 * 24 * 3600;

/**
 * Bearer tokens for trying the platform by hand; the same for the same arguments.
 * @param {{ secret: string, issuedAt: number, issuer?: string | undefined, audience?: string | undefined }} options
 * @returns {Promise<{ customer: string, operator: string }>}
 */
export async function makeTokens({ secret, issuedAt, issuer, audience }) {
  const { SignJWT } = await import('jose');
  const sign = (/** @type {string} */ subject, /** @type {Record<string, string>} */ claims) => {
    const token = new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setSubject(subject);
    token.setIssuedAt(issuedAt).setExpirationTime(issuedAt + TEN_YEARS_S);
    if (issuer) token.setIssuer(issuer);
    if (audience) token.setAudience(audience);
    return token.sign(new TextEncoder().encode(secret));
  };
  const [customer, operator] = await Promise.all([sign(CUSTOMER, {}), sign(OPERATOR, { role: 'operator' })]);
  return { customer, operator };
}
