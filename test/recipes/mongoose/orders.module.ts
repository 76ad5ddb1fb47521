import { Module } from '@nestjs/common';
import { MongooseModule, Prop, Schema, SchemaFactory } from '@nestjs/mongoose';
import { SequenceService } from 'nestjs-essequence';
import { sequenceIds } from './sequence-ids.plugin.js';

@Schema()
export class Order {
  @Prop({ type: Number }) _id!: number;
  @Prop({ required: true }) item!: string;
}

@Module({
  imports: [
    MongooseModule.forFeatureAsync([
      {
        name: Order.name,
        inject: [SequenceService],
        useFactory: (sequences: SequenceService) => {
          const schema = SchemaFactory.createForClass(Order);
          schema.plugin(sequenceIds, { ids: sequences.get('orders') });
          return schema;
        },
      },
    ]),
  ],
  exports: [MongooseModule],
})
export class OrdersModule {}
