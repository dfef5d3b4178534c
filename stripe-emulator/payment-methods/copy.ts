import type { PaymentMethodRecord } from './record.js';

/** What every payment method of somebody's own begins as. @param now Unix seconds of the emulator's clock */
export const blankMethod = (id: string, now: number): Omit<PaymentMethodRecord, 'behavesAs' | 'last4'> => ({
  id,
  created: now,
  expiry: null,
  bank: null,
  billing: { address: null, email: null, name: null, phone: null },
  metadata: {},
  customer: null,
  detached: false,
});
