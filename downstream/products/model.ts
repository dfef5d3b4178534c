import type { ReadModel } from '../rebuild/read-model.js';
import { stockHandlers } from './handlers.js';

export const productsModel = {
  service: 'products',
  schema: 'products_view',
  role: 'holdfast_products',
  groupId: 'products-service-group',
  handlers: stockHandlers,
  tables: [
    {
      name: 'stock_fact',
      key: ['event_id', 'product_id'],
      compared: 'to_jsonb(t)',
      touched: () => 't.event_id IN (SELECT event_id FROM ahead)',
    },
    {
      name: 'hold',
      key: ['order_id'],
      // Which of several releases came first is chance.
      compared: "to_jsonb(t) - 'seq' - 'was'",
      touched: () => 't.order_id IN (SELECT key FROM ahead)',
    },
    {
      name: 'product',
      key: ['id'],
      // Until it is told of its stock it is named as the order said that came first.
      compared: "CASE t.adjusted_seq WHEN 0 THEN to_jsonb(t) - 'name' ELSE to_jsonb(t) END",
      touched: (schema) =>
        `t.id IN (SELECT product_id FROM ${schema}.stock_fact WHERE event_id IN (SELECT event_id FROM ahead))`,
    },
  ],
} as const satisfies ReadModel;
