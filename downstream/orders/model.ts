import type { ReadModel } from '../rebuild/read-model.js';
import { orderHandlers } from './handlers.js';

export const ordersModel = {
  service: 'orders',
  schema: 'orders_view',
  role: 'holdfast_orders',
  groupId: 'order-service-group',
  handlers: orderHandlers,
  tables: [
    {
      name: 'history',
      key: ['order_id', 'seq', 'event_id'],
      compared: 'to_jsonb(t)',
      touched: () => 't.event_id IN (SELECT event_id FROM ahead)',
    },
    {
      name: 'order',
      key: ['id'],
      compared: 'to_jsonb(t)',
      touched: () => 't.id IN (SELECT key FROM ahead)',
    },
  ],
  takeOver: (schema) => `
    UPDATE ${schema}."order" o SET decision = d.state FROM orders_desk.shipment_decision d
     WHERE d.order_id = o.id AND o.decision IS DISTINCT FROM d.state`,
} as const satisfies ReadModel;
