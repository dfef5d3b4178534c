import { createHmac } from 'node:crypto';
import type { EndpointRecord } from './records.js';

/** `t=…,v1=…`, one `v1` a secret: https://docs.stripe.com/webhooks#verify-manually */
export function signatureHeader(payload: string, secrets: readonly string[], timestamp: number): string {
  const signatures = secrets.map(
    (secret) => `v1=${createHmac('sha256', secret).update(`${timestamp}.${payload}`).digest('hex')}`,
  );
  return [`t=${timestamp}`, ...signatures].join(',');
}

/** The secrets that sign now, the newest first: https://docs.stripe.com/webhooks#roll-endpoint-secrets */
export const liveSecrets = ({ secret, oldSecrets = [] }: EndpointRecord, nowSeconds: number): string[] => [
  secret,
  ...oldSecrets.filter(({ until }) => until > nowSeconds).map((old) => old.secret),
];
