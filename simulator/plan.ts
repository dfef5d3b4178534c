/** What a saga's people want and what befalls it, drawn ahead: the head of its story. */
import type { Random } from './random.js';

export const catalogue = [
  ['mug', 'A mug', 1_250, 'usd'],
  ['kettle', 'A kettle', 7_900, 'usd'],
  ['scale', 'A scale', 4_950, 'eur'],
  ['teapot', 'A teapot', 14_800, 'jpy'],
  ['dallah', 'A dallah', 24_500, 'kwd'],
] as const;

/** Too few units for all who want them: two thirds of what a batch's sagas ask for, with what they give back. */
export const stockFor = (sagas: number) =>
  catalogue.map((product) => [...product, Math.ceil(sagas * (product[3] === 'usd' ? 0.2 : 0.4))] as const);

const currencies = [...new Set(catalogue.map(([, , , currency]) => currency))];

const good = ['pm_card_visa', 'pm_card_mastercard', 'pm_card_pendingRefund', 'pm_card_refundFail'];
const disputed = ['pm_card_createDispute', 'pm_card_createDisputeInquiry'];
const bad = [
  'pm_card_visa_chargeDeclined',
  'pm_card_chargeDeclinedInsufficientFunds',
  'pm_card_chargeDeclinedProcessingError',
];
const asked = ['pm_card_authenticationRequired', 'pm_card_authenticationRequiredChargeDeclinedInsufficientFunds'];
const debit = ['pm_usBankAccount_processing'];

export interface Plan {
  readonly env: Readonly<Record<string, string>>;
  readonly currency: string;
  readonly items: readonly { readonly productId: string; readonly quantity: number }[];
  /** the request is sent twice at once */
  readonly doubleClick: boolean;
  /** the cards the customer tries, until one pays */
  readonly cards: readonly string[];
  /** the customer's answer to their bank */
  readonly authenticates: 'succeed' | 'fail' | 'never';
  /** the bank's word about a debit or a refund on its way */
  readonly bank: 'succeed' | 'fail';
  /** how the bank ends a dispute; an inquiry that is lost is closed */
  readonly dispute: 'won' | 'lost';
  /** how far into the story the customer gives up; null never */
  readonly cancelsAfter: number | null;
  readonly cancelsBy: 'update' | 'signal';
  readonly comesBack: boolean;
  /** the share of the amount an operator captures, above 1 too much; null leaves it to time */
  readonly captures: number | null;
  readonly refunds: readonly Refund[];
  /** an operator's word on an undo that is parked */
  readonly decision: 'retry' | 'skip';
  readonly crashes: readonly Crash[];
  /** how many calls to Stripe, attempts and calls to Temporal may go wrong, and how likely each does */
  readonly misfortunes: number;
  readonly share: number;
}

export interface Refund {
  readonly where: 'here' | 'dashboard';
  /** the share of what was captured, above 1 too much; null all that is left */
  readonly share: number | null;
  readonly restock: boolean;
  /** asked for twice at once, under one id */
  readonly twice: boolean;
}

export interface Crash {
  readonly what: 'worker lost' | 'checkout terminated' | 'after-sale terminated' | 'cancelled in the Web UI';
  readonly after: number;
}

export function drawPlan(chance: Random): Plan {
  const currency = chance.pick(currencies);
  const sold = catalogue.filter(([, , , soldIn]) => soldIn === currency).map(([id]) => id);
  const some = <T>(share: number, draw: () => T): T | null => (chance.happens(share) ? draw() : null);
  const times = <T>(count: number, draw: () => T): T[] => Array.from({ length: count }, draw);
  return {
    env: {
      CAPTURE_METHOD: chance.happens(0.3) ? 'manual' : 'automatic',
      CAPTURE_EXPIRY: chance.pick(['cancel', 'capture']),
      PAYMENT_FAILURE_POLICY: chance.pick(['cancel', 'retry']),
      CHECKOUT_HOLD_SECONDS: chance.pick(['5', '60', '1800']),
      UNDO_PATIENCE_SECONDS: chance.pick(['1', '900']),
    },
    currency,
    items: times(1 + chance.below(2), () => ({ productId: chance.pick(sold), quantity: 1 + chance.below(2) })),
    doubleClick: chance.happens(0.1),
    cards: times(chance.below(4), () => chance.pick(chance.pick([good, good, good, disputed, bad, asked, debit]))),
    authenticates: chance.pick(['succeed', 'succeed', 'fail', 'never']),
    bank: chance.pick(['succeed', 'fail']),
    dispute: chance.pick(['won', 'lost']),
    cancelsAfter: some(0.25, () => chance.below(120)),
    cancelsBy: chance.pick(['update', 'signal']),
    comesBack: chance.happens(0.15),
    captures: some(0.7, () => chance.pick([1, 0.5, 1.5])),
    refunds: times(chance.pick([0, 0, 1, 2, 3]), () => ({
      where: chance.pick(['here', 'here', 'dashboard']),
      share: some(0.7, () => chance.pick([0.25, 0.5, 1, 2])),
      restock: chance.happens(0.5),
      twice: chance.happens(0.2),
    })),
    decision: chance.pick(['retry', 'retry', 'skip']),
    crashes: times(chance.pick([0, 0, 0, 1, 2]), () => ({
      what: chance.pick([
        'worker lost',
        'worker lost',
        'checkout terminated',
        'after-sale terminated',
        'cancelled in the Web UI',
      ]),
      after: chance.below(150),
    })),
    misfortunes: chance.pick([0, 2, 6, 15]),
    share: chance.pick([0.05, 0.2, 0.6]),
  };
}
