/**
 * Sagas as chance makes them: cards, refunds, crashes, lost answers and webhooks in any order, and in the end every order
 * is final, money and stock add up, and nobody waits. A failure tells its seed; the same seed plays the same batch again.
 */
import { randomInt } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ProviderUnavailable } from '../../domain/payments/provider.js';
import { type BatchReport, runBatch } from '../../simulator/batch.js';
import type { Activities } from '../../simulator/temporal/activity.js';

/** What was found, once for each kind. */
const found = ({ findings }: BatchReport): string =>
  findings.map(({ saga, what }) => `saga ${saga}: ${what}`).join('\n');

describe('whatever goes wrong between us and Stripe, a checkout and what follows it end right', () => {
  test.each([
    ['of a fixed seed', 20_261_125, 100],
    ['of a new seed', randomInt(2 ** 31), 20],
  ])('in the sagas %s, %i', { timeout: 240_000 }, async (_of, seed, sagas) => {
    const report = await runBatch({ seed, sagas });
    expect(report.findings, `npm run simulate -- --seed ${seed} --sagas ${sagas}`).toEqual([]);
    // A customer whom Temporal never answered has no order.
    expect(Object.values(report.ends).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(sagas * 0.8);
    expect(report.misfortunes).toBeGreaterThan(sagas / 2);
  });
});

test('the same seed plays the same batch', { timeout: 120_000 }, async () => {
  const [first, second] = [await runBatch({ seed: 7, sagas: 20 }), await runBatch({ seed: 7, sagas: 20 })];
  expect(second).toEqual(first);
});

describe('the simulation notices', () => {
  test('an intent whose key is made from the attempt', { timeout: 120_000 }, async () => {
    let attempts = 0;
    const report = await runBatch({
      seed: 1,
      sagas: 60,
      breakage: {
        provider: (provider) => ({
          ...provider,
          createIntent: (command) => provider.createIntent({ ...command, key: `${command.key}:${++attempts}` }),
        }),
      },
    });
    expect(found(report)).toMatch(/intents can still take money/);
  });

  test('a refund that is made without a key', { timeout: 120_000 }, async () => {
    const asked: string[] = [];
    const report = await runBatch({
      seed: 2,
      sagas: 25,
      breakage: {
        provider: (provider) => ({
          ...provider,
          createRefund: async (command) => {
            const made = await provider.createRefund({ ...command, key: `none:${asked.length}` });
            asked.push(command.refundId);
            if (asked.filter((id) => id === command.refundId).length > 1) return made;
            throw new ProviderUnavailable('The answer is lost.', null);
          },
        }),
      },
    });
    // Made a second time it is twice with the customer, or refused for ever where nothing was left.
    expect(found(report)).toMatch(/one was made twice|refund \S+ is still REQUESTED/);
  });

  test('an activity that does not mark what it has put into effect', { timeout: 120_000 }, async () => {
    const forgetful = ({ followMoney, ...activities }: Activities): Activities => ({
      ...activities,
      followMoney: (input: object) => followMoney?.({ ...input, eventIds: [] } as never) ?? Promise.resolve(),
    });
    const report = await runBatch({ seed: 3, sagas: 40, breakage: { activities: forgetful } });
    // Told again for a day, it is put in front of a person.
    expect(found(report)).toMatch(/refund\.created\) is (SIGNALLED|DEAD)/);
  });
});
