import { expect, test } from 'vitest';
import { openFrame } from './frame.js';

const SECRET = "Can't reach database server at db.internal:5432";
const checks = [
  { name: 'database', whenFailing: 'down', probe: () => Promise.reject(new Error(SECRET)) },
  {
    name: 'kafka',
    whenFailing: 'degraded',
    probe: () => Promise.reject(new Error('connect ECONNREFUSED k1.internal:9092')),
  },
] as const;

const health = async (url: string, authorization?: string) => {
  const answer = await fetch(`${url}/health`, authorization ? { headers: { authorization } } : {});
  return { status: answer.status, text: await answer.text() };
};

test('only an operator reads why something is away, and where it is', async () => {
  const frame = await openFrame({}, checks);
  try {
    const nobody = await health(frame.url);
    expect(nobody).toMatchObject({ status: 503 });
    expect(JSON.parse(nobody.text)).toMatchObject({ status: 'down', checks: { database: { status: 'down' } } });
    const strangers = [
      await frame.bearer('customer-1'),
      await frame.bearer('o', { role: ['operator'] }),
      'Bearer x',
      'x',
    ];
    for (const authorization of [undefined, ...strangers])
      expect((await health(frame.url, authorization)).text, authorization).not.toMatch(/internal|5432|9092/);
    const operator = await health(frame.url, await frame.bearer('op', { role: 'operator' }));
    expect(operator.text).toContain(SECRET);
  } finally {
    await frame.close();
  }
});
