// Every export becomes a workflow type.
export { afterSale } from './after-sale.js';
export { checkout } from './checkout.js';
export { reconciliation } from './reconciliation.js';
