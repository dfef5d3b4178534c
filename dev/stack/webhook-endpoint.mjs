/**
 * @typedef {NonNullable<import('./secrets.mjs').Secrets['webhookEndpoint']>} WebhookEndpoint
 * @typedef {{ api: string, url: string, secretKey: string, known: WebhookEndpoint | undefined }} Registration
 * @typedef {{ id: string, url: string, secret: string, error?: { message: string } }} Answer
 */

/**
 * Registers our webhook route at the emulator, once: the endpoint that is known already is kept while the emulator
 * still has it for the same address.
 * @param {Registration} registration `known`: what an earlier start has got
 * @returns {Promise<WebhookEndpoint>}
 * @throws Error with the emulator's answer
 */
export async function ensureWebhookEndpoint({ api, url, secretKey, known }) {
  /** @param {string} method @param {string} path @param {URLSearchParams | null} [form] */
  const call = async (method, path, form = null) => {
    const headers = { authorization: `Bearer ${secretKey}` };
    const response = await fetch(`${api}/v1/webhook_endpoints${path}`, { method, headers, body: form });
    const body = /** @type {Answer} */ (await response.json());
    return { status: response.status, body };
  };
  if (known && known.api === api) {
    const { status, body } = await call('GET', `/${known.id}`);
    if (status === 200 && body.url === url) return known;
    if (status === 200) await call('DELETE', `/${known.id}`);
  }
  const { status, body } = await call('POST', '', new URLSearchParams({ url, 'enabled_events[]': '*' }));
  if (status !== 200)
    throw new Error(`${api} refused our webhook endpoint: ${body.error?.message ?? JSON.stringify(body)}`);
  return { id: body.id, url, secret: body.secret, api };
}
