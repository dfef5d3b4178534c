import { currencyOf, formatMoney, toMinor } from '../money.js';
import type { AcceptedRequest } from '../orders/requests.js';
import { type FieldError, Refusal } from '../refusal.js';
import type { Product } from './products.js';

/** What the client says it is buying: claims, in decimals of the order's currency. */
export interface Claims {
  readonly userId: string;
  readonly currency: string;
  readonly amount: number;
  readonly customerEmail?: string;
  readonly ui?: 'hosted';
  readonly items: readonly { readonly productId: string; readonly quantity: number; readonly price: number }[];
}

/**
 * Compares every claim with the catalogue; what is accepted is the catalogue's.
 * @throws Refusal that says which item, and what the price is
 */
export function acceptClaims(claims: Claims, catalogue: ReadonlyMap<string, Product>): AcceptedRequest {
  const currency = claims.currency.toLowerCase();
  const limits = currencyOf(currency);
  if (!limits)
    throw refused('UnknownCurrency', [
      { field: 'currency', message: `${claims.currency} is not a currency that is sold in` },
    ]);
  const unknown: FieldError[] = [];
  const foreign: FieldError[] = [];
  const wrong: FieldError[] = [];
  const items: AcceptedRequest['items'] = claims.items.map((item, i) => {
    const product = catalogue.get(item.productId);
    if (!product?.active) {
      unknown.push({ field: `items[${i}].productId`, message: `there is no product ${item.productId}` });
      return { ...item, productName: '', unitPriceMinor: 0 };
    }
    if (product.price.currency !== currency)
      foreign.push({
        field: `items[${i}]`,
        message: `${product.id} is sold in ${product.price.currency.toUpperCase()}, not ${currency.toUpperCase()}`,
      });
    else {
      const claimed = toMinor(item.price, currency);
      if (!claimed.ok) wrong.push({ field: `items[${i}].price`, message: claimed.message });
      else if (claimed.minor !== product.price.minor)
        wrong.push({
          field: `items[${i}].price`,
          message: `the price of ${product.id} is ${formatMoney(product.price)}, not ${formatMoney({ minor: claimed.minor, currency })}`,
        });
    }
    return {
      productId: product.id,
      productName: product.name,
      quantity: item.quantity,
      unitPriceMinor: product.price.minor,
    };
  });
  if (unknown.length > 0) throw refused('UnknownProduct', unknown);
  if (foreign.length > 0) throw refused('CurrencyMismatch', foreign);
  if (wrong.length > 0) throw refused('PriceChanged', wrong);
  const totalMinor = items.reduce((sum, item) => sum + item.quantity * item.unitPriceMinor, 0);
  const total = { minor: totalMinor, currency };
  const amount = toMinor(claims.amount, currency);
  if (!amount.ok) throw refused('AmountMismatch', [{ field: 'amount', message: amount.message }]);
  if (amount.minor !== totalMinor)
    throw refused('AmountMismatch', [
      {
        field: 'amount',
        message: `the items come to ${formatMoney(total)}, not ${formatMoney({ minor: amount.minor, currency })}`,
      },
    ]);
  if (totalMinor < limits.minimum || totalMinor > limits.maximum)
    throw refused('AmountOutOfRange', [
      {
        field: 'amount',
        message: `${formatMoney(total)} cannot be paid: from ${formatMoney({ minor: limits.minimum, currency })} to ${formatMoney({ minor: limits.maximum, currency })} can`,
      },
    ]);
  const { userId, customerEmail, ui } = claims;
  return {
    userId,
    currency,
    totalMinor,
    items,
    ...(customerEmail === undefined ? {} : { customerEmail }),
    ...(ui === undefined ? {} : { ui }),
  };
}

const refused = (code: ConstructorParameters<typeof Refusal>[0], errors: readonly FieldError[]): Refusal =>
  new Refusal(
    code,
    `${errors[0]?.field}: ${errors[0]?.message}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}.`,
    errors,
  );
