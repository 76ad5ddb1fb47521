/** Ids from a folder, and a second application that goes on where the first one ended. */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FileSequenceStore, SequenceModule, SequenceService } from 'nestjs-essequence';

@Module({
  imports: [
    SequenceModule.forRootAsync({
      useFactory: () => ({ store: new FileSequenceStore({ path: 'sequences' }), blockSize: 2 }),
    }),
  ],
})
class AppModule {}

async function draw(): Promise<number[]> {
  const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
  const ids = await app.get(SequenceService).take('orders', 3);
  await app.close();
  return ids;
}

async function main(): Promise<void> {
  console.log(JSON.stringify([await draw(), await draw()]));
}

void main();
