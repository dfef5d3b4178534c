import { measureLowStock } from '../downstream/products/low-stock.js';
import { productsModel } from '../downstream/products/model.js';
import { productRoutes } from '../downstream/products/routes.js';
import { runDownstreamService } from '../downstream/service.js';

await runDownstreamService({
  name: 'products',
  port: (config) => config.PRODUCTS_PORT,
  role: productsModel.role,
  groupId: productsModel.groupId,
  deadLetterTopic: 'products.dlq',
  handlers: (db, log) => productsModel.handlers(db, log),
  routes: (app, db) => {
    productRoutes(app, db);
  },
  measure: measureLowStock,
});
