import type Stripe from 'stripe';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openEmulator, type TestEmulator } from './emulator.js';
import { Conformance } from './openapi/conformance.js';
import { liveThrough } from './openapi/lives.js';

/**
 * Where the emulator, which answers as 2026-10-28.endive does, differs from the description, which is that of the last
 * version before it. Each is in the types of the SDK for endive.
 */
const NEWER_THAN_THE_DESCRIPTION = [
  // The description leaves out what no new integration has; the SDK has it as null.
  'charge.source is unknown',
  // In place of payment_method_types, which endive took out of the parameters.
  'checkout.session.allowed_payment_method_types is unknown',
  // Smart Disputes came with endive, and so did appeals.
  'dispute.evidence_details.submission_method is unknown',
  'dispute.intended_submission_method is unknown',
  'dispute.status=appeal_needs_response is unknown',
  'dispute.status=appeal_under_review is unknown',
  'payment_intent.source is unknown', // as that of a charge
];

type Kind = Readonly<Record<string, unknown>>;
interface Call {
  readonly answer: Kind;
}

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
  await liveThrough(emulator);
}, 120_000);
afterAll(() => emulator.close());

/** What was answered, each object by itself. */
async function answers(): Promise<readonly Kind[]> {
  const calls = (await emulator.control('GET', 'requests')).data as readonly Call[];
  return calls.flatMap(({ answer }) => (answer.object === 'list' ? (answer.data as Kind[]) : [answer]));
}

/** The schema of what was answered; what is deleted has one of its own. */
const schemaOf = ({ object, deleted, error }: Kind): string =>
  error ? 'error' : deleted ? `deleted_${String(object)}` : String(object);

const isEvent = (answer: Kind): answer is Kind & Stripe.Event => answer.object === 'event';

test("every answer and every event has the fields and the values of Stripe's own description", async () => {
  const conformance = new Conformance();
  const all = await answers();
  for (const answer of all) {
    conformance.check(schemaOf(answer), answer);
    if (isEvent(answer)) conformance.check(schemaOf({ ...answer.data.object }), answer.data.object);
  }
  const { share, seen, wrong, apiVersion } = conformance;
  const found = `${seen.size} fields and values in ${all.length} objects`;
  console.log(`${found}: ${(share * 100).toFixed(2)} % are as ${apiVersion} describes them`);
  expect([...wrong].sort((a, b) => a.localeCompare(b))).toEqual(NEWER_THAN_THE_DESCRIPTION);
  expect(share).toBeGreaterThan(0.99);
}, 120_000); // the schemas are compiled first

test('every kind of event was among them', async () => {
  const told = new Set((await answers()).filter(isEvent).map(({ type }) => String(type)));
  expect([...told].sort((a, b) => a.localeCompare(b))).toEqual([
    'charge.captured',
    'charge.dispute.closed',
    'charge.dispute.created',
    'charge.dispute.funds_reinstated',
    'charge.dispute.funds_withdrawn',
    'charge.dispute.updated',
    'charge.expired',
    'charge.failed',
    'charge.refund.updated',
    'charge.refunded',
    'charge.succeeded',
    'charge.updated',
    'checkout.session.async_payment_failed',
    'checkout.session.async_payment_succeeded',
    'checkout.session.completed',
    'checkout.session.expired',
    'customer.created',
    'customer.deleted',
    'payment_intent.amount_capturable_updated',
    'payment_intent.canceled',
    'payment_intent.created',
    'payment_intent.payment_failed',
    'payment_intent.processing',
    'payment_intent.requires_action',
    'payment_intent.succeeded',
    'payment_method.attached',
    'payment_method.detached',
    'radar.early_fraud_warning.created',
    'radar.early_fraud_warning.updated',
    'refund.created',
    'refund.failed',
    'refund.updated',
    'review.closed',
    'review.opened',
  ]);
});
