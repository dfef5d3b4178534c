import { orderHandlers } from '../downstream/orders/handlers.js';
import { orderRoutes } from '../downstream/orders/routes.js';
import { shipmentRoutes } from '../downstream/orders/shipments.js';
import { runDownstreamService } from '../downstream/service.js';

await runDownstreamService({
  name: 'orders',
  port: (config) => config.ORDERS_PORT,
  role: 'holdfast_orders',
  groupId: 'order-service-group',
  deadLetterTopic: 'orders.dlq',
  handlers: orderHandlers,
  routes: (app, db) => {
    orderRoutes(app, db);
    shipmentRoutes(app, db);
  },
});
