import type { Clock } from '../clock.js';
import type { Emit } from '../emit.js';
import { invalidRequest, noSuch } from '../errors.js';
import { newId } from '../ids.js';
import type { ChargeRecord } from '../payment-intents/record.js';
import type { Store } from '../store.js';
import type { WarningRecord } from './records.js';
import { warningView } from './view.js';

/** Early fraud warnings: https://docs.stripe.com/api/radar/early_fraud_warnings */
export class Warnings {
  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly emit: Emit,
  ) {}

  warn({ id: chargeId, intentId, error }: ChargeRecord, fraudType = 'misc'): WarningRecord {
    if (error) throw invalidRequest(`Charge ${chargeId} was declined: there is nothing to warn of.`);
    const created = this.clock.nowSeconds();
    const warning: WarningRecord = { id: newId('issfr'), chargeId, intentId, created, fraudType };
    this.store.put('warnings', warning.id, warning);
    this.emit('radar.early_fraud_warning.created', warningView(this.store, warning));
    return warning;
  }

  get(id: string): WarningRecord {
    const warning = this.store.get('warnings', id);
    if (!warning) throw noSuch('early fraud warning', id, 'early_fraud_warning');
    return warning;
  }

  /** After a full refund or a dispute there is nothing left to be done about it. */
  settle(chargeId: string): void {
    for (const warning of this.store.all('warnings'))
      if (warning.chargeId === chargeId)
        this.emit('radar.early_fraud_warning.updated', warningView(this.store, warning), { actionable: true });
  }
}
