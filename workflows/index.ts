// Every export becomes a workflow type.
export { checkout } from './checkout.js';
