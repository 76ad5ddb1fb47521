import { Module } from '@nestjs/common';
import { ElasticsearchModule } from '@nestjs/elasticsearch';
import { SequenceModule } from 'nestjs-essequence';
import { OrdersController } from '../ids-on-entities/orders.controller.js';
import { OrdersService } from './orders.service.js';

@Module({
  imports: [ElasticsearchModule.register({ node: 'http://127.0.0.1:9' }), SequenceModule.forRoot()],
  controllers: [OrdersController],
  providers: [OrdersService],
})
export class AppModule {}
