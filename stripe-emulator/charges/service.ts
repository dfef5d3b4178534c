import type { Clock } from '../clock.js';
import type { Emit } from '../emit.js';
import { noSuch } from '../errors.js';
import { type Form, mergeMetadata } from '../form.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import type { Store } from '../store.js';
import { chargeView } from './view.js';

/** What becomes of a charge beside its intent. */
export class Charges {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
  ) {}

  get(id: string): ChargeRecord {
    const charge = this.store.get('charges', id);
    if (!charge) throw noSuch('charge', id, 'charge');
    return charge;
  }

  update(id: string, form: Form): ChargeRecord {
    const charge = this.get(id);
    const metadata = mergeMetadata(charge.metadata, form);
    return this.tell({ ...charge, metadata }, { metadata: charge.metadata });
  }

  /** Fees that Stripe did not know at the capture become known: https://docs.stripe.com/payments/payment-intents/asynchronous-capture */
  tellFees(): void {
    const now = this.clock.nowSeconds();
    for (const charge of this.store.all('charges'))
      if (charge.feesAt && charge.feesAt <= now) this.tell({ ...charge, feesAt: null }, { balance_transaction: null });
  }

  private tell(charge: ChargeRecord, before: object): ChargeRecord {
    this.store.put('charges', charge.id, charge);
    this.emit('charge.updated', chargeView(this.store, charge), before);
    return charge;
  }
}
