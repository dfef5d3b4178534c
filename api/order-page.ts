import type { CheckoutState } from '../domain/orders/load.js';

/** Seconds after which the page of an order that is not over looks again. */
const LOOK_AGAIN = 3;

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const text = (plain: string): string => plain.replace(/[&<>"]/g, (each) => escapes[each] ?? each);

/** The page on which somebody lands who comes from the provider's page: the order's id and state, and nothing personal. */
export function orderPage({ order, payment }: CheckoutState): string {
  const [title, sentence] = stateOf(order, payment);
  const isOver = order.status === 'CONFIRMED' || order.status === 'CANCELLED';
  return page(
    title,
    `<p>Order <strong>${text(order.id)}</strong></p><p>${sentence}</p>`,
    isOver ? '' : `<meta http-equiv="refresh" content="${LOOK_AGAIN}">`,
  );
}

/** For an address that names no order, or not with its key. */
export const noOrderPage = (): string =>
  page('There is no such page', '<p>Look at the address again, or look at your order in the shop.</p>');

function stateOf(order: CheckoutState['order'], payment: CheckoutState['payment']): readonly [string, string] {
  if (order.status === 'CONFIRMED')
    return order.paymentStatus === 'REFUNDED' || order.paymentStatus === 'PARTIALLY_REFUNDED'
      ? [
          'Refunded',
          order.paymentStatus === 'REFUNDED'
            ? 'Your money is going back to you.'
            : 'A part of your money is going back to you.',
        ]
      : ['Paid', 'Thank you. Your payment has arrived.'];
  if (order.status === 'CANCELLED')
    return ['Cancelled', 'There is nothing left to pay. Order again in the shop if you still want it.'];
  if (payment?.status === 'PROCESSING')
    return ['Payment on its way', 'Your bank is working on the payment. You need not do anything.'];
  if (payment?.status === 'AUTHORIZED') return ['Payment reserved', 'Your bank has reserved the money for this order.'];
  return order.undoStarted
    ? ['Being cancelled', 'The order is being cancelled.']
    : ['Not paid yet', 'If you have just paid, this page will show it in a moment. Otherwise go back to pay.'];
}

const page = (title: string, main: string, head = ''): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
${head}<title>${title}</title>
<style>
:root { color-scheme: light dark; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 30rem; margin: 0 auto; padding: 3rem 1rem; overflow-wrap: anywhere; }
</style>
</head>
<body>
<main>
<h1>${title}</h1>
${main}
</main>
</body>
</html>
`;
