export { OrdersService } from '../readme/orders.service.js';
