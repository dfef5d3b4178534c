import { createHmac } from 'node:crypto';

/** `t=…,v1=…`: https://docs.stripe.com/webhooks#verify-manually */
export function signatureHeader(payload: string, secret: string, timestamp: number): string {
  const v1 = createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex');
  return `t=${timestamp},v1=${v1}`;
}
