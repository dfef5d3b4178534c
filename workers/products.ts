import { stockHandlers } from '../downstream/products/handlers.js';
import { movementRoutes } from '../downstream/products/movements.js';
import { productRoutes } from '../downstream/products/routes.js';
import { runDownstreamService } from '../downstream/service.js';

await runDownstreamService({
  name: 'products',
  port: (config) => config.PRODUCTS_PORT,
  role: 'holdfast_products',
  groupId: 'products-service-group',
  deadLetterTopic: 'products.dlq',
  handlers: stockHandlers,
  routes: (app, db) => {
    productRoutes(app, db);
    movementRoutes(app, db);
  },
});
