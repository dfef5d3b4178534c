import type { LocalStack } from '../e2e/stack.js';
import { eventually } from '../support/eventually.js';
import type { Caller } from '../support/http.js';

/** What a saga of the rehearsal is brought to before a deploy, and how it is driven to its end after it. */
export const kinds = {
  paid: { end: 'CONFIRMED' },
  declined: { end: 'CANCELLED' },
  cancelled: { end: 'CANCELLED' },
  /** its payment cannot be opened for a while */
  opening: { end: 'CONFIRMED' },
  /** captured by hand */
  authorised: { end: 'CONFIRMED' },
  /** its undo meets a provider that is away */
  undoing: { end: 'CANCELLED' },
  /** the same, until a person is called */
  parked: { end: 'CANCELLED' },
  /** nobody pays */
  deadline: { end: 'CANCELLED' },
  /** the bank takes the money back, and an after-sale workflow watches */
  disputed: { end: 'CONFIRMED' },
} as const;
export type Kind = keyof typeof kinds;

export interface Saga {
  readonly id: string;
  readonly kind: Kind;
}

/** These need the second payment service: captures by hand, little patience with an undo, and short holds. */
const strict: ReadonlySet<Kind> = new Set(['authorised', 'parked', 'deadline']);

/** The machine may be busy with other things; holds are the longest that is waited for. */
const PATIENCE_MS = 240_000;
const AT_ONCE = 8;
export async function forEach<T>(items: readonly T[], act: (item: T) => Promise<unknown>): Promise<void> {
  const left = [...items];
  const one = async (): Promise<void> => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, one));
}

/** Plays the customers, the bank and the operators. */
export function createPeople(stack: LocalStack, strictApi: string) {
  const { customer, operator } = stack;
  const open = ({ id, kind }: Saga) => stack.open(id, strict.has(kind) ? strictApi : stack.file().api);
  const stateOf = async (id: string) => (await customer.get(`/v1/orders/${id}`)).body;
  const phaseOf = async (id: string): Promise<unknown> =>
    ((await operator.get(`/v1/ops/sagas/${id}`)).body.workflow as { phase?: unknown } | null)?.phase;
  const opened = (saga: Saga) =>
    eventually(
      () => open(saga),
      ({ status }) => status === 200,
      PATIENCE_MS,
    );
  const askFor = (caller: Caller, path: string, body?: unknown) =>
    eventually(
      () => caller.post(path, body),
      ({ status }) => status === 200 || status === 202,
      PATIENCE_MS,
    );

  return {
    /** Waits until one of the looks below sees this of the order. */
    seen: (look: (id: string) => Promise<unknown>, id: string, wanted: string) =>
      eventually(
        () => look(id),
        (now) => now === wanted,
        PATIENCE_MS,
      ),
    moneyOf: async (id: string): Promise<unknown> => (await stateOf(id)).paymentStatus,
    paymentOf: async (id: string): Promise<unknown> =>
      ((await stateOf(id)).payment as { status?: unknown } | null)?.status,
    phaseOf,
    /** Brings the saga to where the deploy is to meet it. */
    async begin(saga: Saga): Promise<void> {
      if (saga.kind === 'opening') return void (await open(saga));
      const answer = await opened(saga);
      if (saga.kind === 'authorised') await stack.pay(answer, 'pm_card_visa');
      if (saga.kind === 'disputed') await stack.pay(answer, 'pm_card_createDispute');
      if (saga.kind === 'undoing' || saga.kind === 'parked') await askFor(customer, `/v1/orders/${saga.id}/cancel`);
    },
    /** Does what ends it. Nothing is in the provider's way any more. */
    async end(saga: Saga): Promise<void> {
      const { id, kind } = saga;
      if (kind === 'paid' || kind === 'opening') await stack.pay(await opened(saga), 'pm_card_visa');
      if (kind === 'declined') await stack.pay(await opened(saga), 'pm_card_visa_chargeDeclined');
      if (kind === 'cancelled') await askFor(customer, `/v1/orders/${id}/cancel`);
      if (kind === 'authorised') await askFor(operator, `/v1/orders/${id}/capture`);
      // Where its own next attempt was earlier there is nothing left to decide.
      if (kind === 'parked') await operator.post(`/v1/ops/sagas/${id}/retry`, { reason: 'Stripe is back' });
    },
    /** The bank decides every dispute that is open. */
    async decideDisputes(): Promise<void> {
      const headers = { authorization: 'Bearer sk_test_bank' };
      const answer = await fetch(`${stack.file().stripeApi}/v1/disputes?limit=100`, { headers });
      const { data } = (await answer.json()) as { data: { id: string; status: string }[] };
      for (const { id } of data.filter(({ status }) => status === 'needs_response'))
        await stack.control('POST', `disputes/${id}/resolve`, { outcome: 'lost' });
    },
    /** @returns when every one is as its kind should end */
    async haveEnded(sagas: readonly Saga[]): Promise<void> {
      await forEach(sagas, ({ id, kind }) =>
        eventually(
          () => stateOf(id),
          ({ status }) => status === kinds[kind].end,
          PATIENCE_MS,
        ),
      );
    },
  };
}
