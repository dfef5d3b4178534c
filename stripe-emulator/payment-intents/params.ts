import type { Form } from '../form.js';
import type { IntentRecord } from './record.js';

export function automaticMethods(form: Form): Pick<IntentRecord, 'automaticPaymentMethods' | 'allowRedirects'> {
  const given = form.automatic_payment_methods;
  const methods = typeof given === 'object' && given !== null ? (given as Form) : {};
  return {
    automaticPaymentMethods: methods.enabled !== 'false',
    allowRedirects: methods.allow_redirects === 'never' ? 'never' : 'always',
  };
}
