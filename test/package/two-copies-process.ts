/**
 * An application in which two copies of this package meet, as a library that depends on it brings one: argument is the
 * entry of the other copy. Prints what each recognises of the other.
 */
import 'reflect-metadata';
import { Injectable, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import * as own from 'nestjs-essequence';

const other = (await import(process.argv[2]!)) as typeof own;

class MyStore extends own.SequenceStore {
  claim = () => Promise.reject(new Error('not used'));
  ensureAtLeast = () => Promise.resolve();
  inspect = () => Promise.resolve(undefined);
}

@Injectable()
class Shipping {
  @other.InjectSequence('parcels') readonly parcels!: own.Sequence;
  constructor(@other.InjectSequence('shipments') readonly shipments: own.Sequence<string>) {}
}

@Module({
  imports: [other.SequenceModule.forFeature({ name: 'shipments', transform: (id) => `S-${id}` })],
  providers: [Shipping],
})
class ShippingModule {}

@Module({
  imports: [
    own.SequenceModule.forRootAsync({ useFactory: () => ({ store: new other.MemorySequenceStore() }) }),
    ShippingModule,
  ],
})
class AppModule {}

const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error'] });
const { parcels, shipments } = app.get(Shipping, { strict: false });
const drawn = [
  await shipments.next(),
  await parcels.next(),
  await app.get(own.SequenceService).next('parcels'),
];
await app.close();

const error = new other.SequenceIdentityError('REGRESSED', 'went back');
console.log(
  JSON.stringify({
    apart: own.SequenceStore !== other.SequenceStore,
    drawn,
    errors: [
      error instanceof own.SequenceError,
      error instanceof own.SequenceIdentityError,
      error instanceof own.UnsafeIndexError,
      new Error('x') instanceof own.SequenceError,
    ],
    stores: [
      new other.MemorySequenceStore() instanceof own.SequenceStore,
      new MyStore() instanceof other.SequenceStore,
      new own.MemorySequenceStore() instanceof MyStore,
      new MyStore() instanceof MyStore,
    ],
  }),
);
