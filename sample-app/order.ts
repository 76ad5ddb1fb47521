import { Allow, IsString, Length } from 'class-validator';
import { SequenceId } from 'nestjs-essequence';

export class Order {
  // @Allow leaves the decision to the pipe AssignSequenceIds, which refuses an id that comes from the client.
  @Allow()
  @SequenceId('orders')
  readonly id!: number;

  @Allow()
  @SequenceId('order-numbers', { transform: (id) => `ORD-${String(id).padStart(6, '0')}` })
  readonly number!: string;

  @IsString()
  @Length(1, 100)
  readonly item!: string;
}
