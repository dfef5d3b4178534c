import { afterAll, beforeAll, expect, test } from 'vitest';
import { mug, openEmulator, type TestEmulator } from './emulator.js';

let emulator: TestEmulator;
beforeAll(async () => {
  emulator = await openEmulator();
});
afterAll(() => emulator.close());

const customers = () => emulator.stripe.customers;

test('a customer is kept as told, and can be changed', async () => {
  const ann = await customers().create({ email: 'ann@example.com', name: 'Ann', metadata: { userId: 'u1' } });
  expect(ann).toMatchObject({ object: 'customer', email: 'ann@example.com', balance: 0, livemode: false });
  const changed = await customers().update(ann.id, { name: '', phone: '+4122', metadata: { tier: 'gold' } });
  expect(changed).toMatchObject({ name: null, phone: '+4122', metadata: { userId: 'u1', tier: 'gold' } });
  await emulator.restart();
  const { lastResponse: _, ...known } = changed;
  expect(await customers().retrieve(ann.id)).toMatchObject(known);
});

test('customers are found by their address', async () => {
  const { id } = await customers().create({ email: 'bea@example.com' });
  await customers().create({ email: 'carl@example.com' });
  expect((await customers().list({ email: 'bea@example.com' })).data.map((c) => c.id)).toEqual([id]);
  expect((await customers().list({ email: 'nobody@example.com' })).data).toEqual([]);
});

test('a deleted customer is told of as deleted, and cannot be used', async () => {
  const { id } = await customers().create({ email: 'dora@example.com' });
  const card = await emulator.stripe.paymentMethods.attach('pm_card_visa', { customer: id });
  expect(await customers().del(id)).toMatchObject({ id, deleted: true });
  expect(await customers().retrieve(id)).toMatchObject({ id, deleted: true });
  expect((await customers().list({ email: 'dora@example.com' })).data).toEqual([]);
  const refusal = { code: 'resource_missing', param: 'customer', message: `No such customer: '${id}'` };
  await expect(emulator.stripe.paymentIntents.create({ ...mug, customer: id })).rejects.toMatchObject(refusal);
  await expect(
    emulator.stripe.paymentIntents.create({ ...mug, payment_method: card.id, confirm: true }),
  ).rejects.toThrow(/may not be used again/);
});

test('a payment of a customer that does not exist is refused, and nothing is made', async () => {
  await expect(emulator.stripe.paymentIntents.create({ ...mug, customer: 'cus_none' })).rejects.toMatchObject({
    statusCode: 400,
    code: 'resource_missing',
    param: 'customer',
    message: "No such customer: 'cus_none'",
  });
  await expect(customers().retrieve('cus_none')).rejects.toMatchObject({ statusCode: 404, code: 'resource_missing' });
  expect((await emulator.stripe.paymentIntents.list({ customer: 'cus_none' })).data).toEqual([]);
});

test('what is no address is refused', async () => {
  await expect(customers().create({ email: 'ann at home' })).rejects.toMatchObject({
    code: 'email_invalid',
    param: 'email',
    message: 'Invalid email address: ann at home',
  });
});

test("a customer's payment and its charge carry the customer", async () => {
  const { id } = await customers().create({ name: 'Eve' });
  const paid = await emulator.stripe.paymentIntents.create({
    ...mug,
    customer: id,
    payment_method: 'pm_card_visa',
    confirm: true,
    expand: ['latest_charge'],
  });
  expect(paid).toMatchObject({ customer: id, latest_charge: { customer: id } });
});
