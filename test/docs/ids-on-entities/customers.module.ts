import { Module } from '@nestjs/common';
import { SequenceId } from 'nestjs-essequence';
import { SequenceIdSubscriber } from 'nestjs-essequence/typeorm';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';

@Entity()
export class Customer {
  @SequenceId('customers') @PrimaryColumn('integer') id!: number;
  @Column('varchar') name!: string;
}

@Module({
  providers: [
    {
      provide: DataSource, // or imports: [TypeOrmModule.forRoot(...)] of @nestjs/typeorm
      useFactory: () =>
        new DataSource({ type: 'sqljs', entities: [Customer], synchronize: true }).initialize(),
    },
    SequenceIdSubscriber,
  ],
})
export class CustomersModule {}
