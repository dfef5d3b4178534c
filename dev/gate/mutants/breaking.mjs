import { afterSale } from './breaking/after-sale.mjs';
import { awaitPayment } from './breaking/await-payment.mjs';
import { checkout } from './breaking/checkout.mjs';
import { compensations } from './breaking/compensations.mjs';
import { messages } from './breaking/messages.mjs';
import { steps } from './breaking/steps.mjs';

/**
 * Changes that would strand checkouts that are running: another order, another command, one more or one fewer.
 * @type {readonly import('../mutant.mjs').Mutant[]}
 */
export const breaking = [...checkout, ...awaitPayment, ...compensations, ...steps, ...messages, ...afterSale];
