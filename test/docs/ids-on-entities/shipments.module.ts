import { Injectable, Module } from '@nestjs/common';
import { InjectSequence, type Sequence, SequenceModule } from 'nestjs-essequence';

@Injectable()
export class ShipmentsService {
  @InjectSequence('parcels') private readonly parcels!: Sequence;

  constructor(@InjectSequence('shipments') private readonly shipments: Sequence<string>) {}

  async ship() {
    return { shipment: await this.shipments.next(), parcels: await this.parcels.take(2) };
  }
}

@Module({
  imports: [SequenceModule.forFeature({ name: 'shipments', start: 1000, transform: (id) => `S-${id}` })],
  providers: [ShipmentsService],
})
export class ShipmentsModule {}
