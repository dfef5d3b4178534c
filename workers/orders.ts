import { ordersModel } from '../downstream/orders/model.js';
import { orderRoutes } from '../downstream/orders/routes.js';
import { shipmentRoutes } from '../downstream/orders/shipments.js';
import { runDownstreamService } from '../downstream/service.js';

await runDownstreamService({
  name: 'orders',
  port: (config) => config.ORDERS_PORT,
  role: ordersModel.role,
  groupId: ordersModel.groupId,
  deadLetterTopic: 'orders.dlq',
  handlers: (db, log) => ordersModel.handlers(db, log),
  routes: (app, db) => {
    orderRoutes(app, db);
    shipmentRoutes(app, db);
  },
});
