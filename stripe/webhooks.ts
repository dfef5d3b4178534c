import { createHash } from 'node:crypto';
import Stripe from 'stripe';
import type { ProviderEvent } from '../domain/payments/provider.js';
import { isStorableJson, isStorableName } from '../platform/text.js';

/** No secret signed this body, or too long ago. The message is safe to show. */
export class InvalidSignature extends Error {
  override readonly name = 'InvalidSignature';
}

const { signature: signatures } = new Stripe('sk_test_only_verifies').webhooks;

/**
 * Verifies a webhook over its raw body: any of the secrets may have signed it (they rotate), comparison is constant in
 * time, and the age is bounded both ways; Stripe's own check lets a time in the future pass.
 * https://docs.stripe.com/webhooks#verify-manually
 * @throws InvalidSignature
 */
export function verifyWebhook(
  rawBody: Buffer,
  header: string | undefined,
  secrets: readonly string[],
  toleranceSeconds: number,
): ProviderEvent {
  if (!header) throw new InvalidSignature('The Stripe-Signature header is missing.');
  if (!secrets.some((secret) => isSignedBy(rawBody, header, secret, toleranceSeconds)))
    throw new InvalidSignature('The Stripe-Signature header does not match the body, or its time is too far from now.');
  // Of several times the last is the one that Stripe's check has taken.
  const signedAt = Number([...header.matchAll(/(?:^|,)t=(\d+)/g)].at(-1)?.[1]);
  if (signedAt - Date.now() / 1000 > toleranceSeconds)
    throw new InvalidSignature("The signature's time lies in the future.");
  const text = rawBody.toString('utf8');
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch {
    throw new InvalidSignature('The signed body is not JSON.');
  }
  return describeEvent(payload, `sha256_${createHash('sha256').update(rawBody).digest('hex')}`, () => text);
}

function isSignedBy(rawBody: Buffer, header: string, secret: string, toleranceSeconds: number): boolean {
  try {
    return signatures?.verifyHeader(rawBody, header, secret, toleranceSeconds) ?? false;
  } catch {
    return false;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** A name that cannot be stored is no name of Stripe's: it counts as absent. */
const textOf = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' && isStorableName(value) ? value : null;
const recordOf = (value: unknown): Record<string, unknown> => (isRecord(value) ? value : {});

/**
 * Snapshot events carry their object, thin ones (`v2.core.event`) only say which: https://docs.stripe.com/event-destinations
 * @param otherwiseNamed the id of an event that has none, or none that can be stored
 * @param asText the payload as text, in which one is kept that `jsonb` refuses: the body decides nothing and is not lost
 */
export function describeEvent(
  payload: unknown,
  otherwiseNamed: string,
  asText = (): string => JSON.stringify(payload),
): ProviderEvent {
  const event = recordOf(payload);
  const thin = event.object === 'v2.core.event';
  const object = thin ? recordOf(event.related_object) : recordOf(recordOf(event.data).object);
  const objectId = textOf(object.id);
  const intent = object.payment_intent;
  return {
    id: textOf(event.id) ?? otherwiseNamed,
    type: textOf(event.type)?.replace(/^v1\./, '') ?? 'unknown',
    objectId,
    intentId: objectId?.startsWith('pi_') ? objectId : (textOf(intent) ?? textOf(recordOf(intent).id)),
    ...hintOf(object, objectId, thin),
    account: textOf(event.account) ?? (thin ? textOf(event.context) : null),
    payload: isStorableJson(payload) ? payload : asText(),
  };
}

/** Intents carry our metadata and their charges a copy of it; other objects may be of our intents and not say so. */
function hintOf(
  object: Record<string, unknown>,
  objectId: string | null,
  thin: boolean,
): Pick<ProviderEvent, 'orderIdHint' | 'installation'> {
  const { orderId, installation } = recordOf(object.metadata);
  const orderIdHint = textOf(orderId);
  const wouldSay = !thin && /^(pi|ch|py)_/.test(objectId ?? '');
  return orderIdHint !== null || wouldSay ? { orderIdHint, installation: textOf(installation) } : {};
}
