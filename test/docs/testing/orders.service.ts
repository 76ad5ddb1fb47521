export { OrdersService } from '../ids-on-entities/orders.service.js';
