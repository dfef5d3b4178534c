import { noSuch } from '../errors.js';
import { text } from '../form.js';
import { pageOf } from '../pages.js';
import { everywhere, paging, type Route } from '../route.js';
import { allTransactions, transactionView } from './transactions.js';

export const balanceRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/balance_transactions',
    params: { ...paging, source: 'string', type: 'string', currency: 'string' },
    run: ({ emulator, form }) => {
      const [source, type, currency] = [text(form, 'source'), text(form, 'type'), text(form, 'currency')];
      const transactions = allTransactions(emulator.store)
        .filter((transaction) => source === undefined || transaction.source === source)
        .filter((transaction) => type === undefined || transaction.type === type)
        .filter((transaction) => currency === undefined || transaction.currency === currency);
      const list = { url: '/v1/balance_transactions', what: 'balance transaction' };
      return pageOf(form, transactions, list, transactionView);
    },
  },
  {
    method: 'GET',
    path: '/v1/balance_transactions/:id',
    params: everywhere,
    run: ({ emulator, id }) => {
      const found = allTransactions(emulator.store).find((transaction) => transaction.id === id);
      if (!found) throw noSuch('balance transaction', id, 'id');
      return transactionView(found);
    },
  },
];
