import { Module } from '@nestjs/common';
import { SequenceModule } from 'nestjs-essequence';
import { OrdersModule } from './orders.module.js';
import { ShipmentsController } from './shipments.controller.js';

@Module({
  imports: [
    OrdersModule,
    SequenceModule.forFeature({ name: 'shipments', start: 1000, transform: (id) => `SHP-${id}` }),
  ],
  controllers: [ShipmentsController],
})
export class ShipmentsModule {}
