import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SequenceTestingModule } from '../../lib/testing.js';
import { withNumberIds } from './prisma/number-ids.js';
import { OrdersService } from './prisma/orders.service.js';
import { PrismaService } from './prisma/prisma.service.js';

const folder = mkdtempSync(join(tmpdir(), 'essequence-prisma-'));
let moduleRef: TestingModule;

beforeAll(async () => {
  process.env['DATABASE_URL'] = `file:${join(folder, 'data.db')}`;
  moduleRef = await Test.createTestingModule({
    imports: [SequenceTestingModule.forRoot()],
    providers: [OrdersService, PrismaService],
  }).compile();
  await moduleRef
    .get(PrismaService)
    .$executeRawUnsafe('create table "Order" (id bigint primary key not null, item text not null)');
});
afterAll(async () => {
  await moduleRef?.close();
  rmSync(folder, { recursive: true });
});

it('numbers orders one by one and many at once', async () => {
  const orders = moduleRef.get(OrdersService);
  expect(await orders.place('tea')).toEqual({ id: 1n, item: 'tea' });
  expect(await orders.placeAll(['coffee', 'cocoa'])).toEqual({ count: 2 });
  const prisma = moduleRef.get(PrismaService);
  expect(await prisma.order.findMany({ orderBy: { id: 'asc' } })).toEqual([
    { id: 1n, item: 'tea' },
    { id: 2n, item: 'coffee' },
    { id: 3n, item: 'cocoa' },
  ]);
});

it('reads ids as numbers where the extension says so, also the greatest there is', async () => {
  const prisma = moduleRef.get(PrismaService);
  await prisma.order.create({ data: { id: Number.MAX_SAFE_INTEGER, item: 'last' } });
  const last = await withNumberIds(prisma).order.findFirstOrThrow({ orderBy: { id: 'desc' } });
  expect(last).toMatchObject({ id: Number.MAX_SAFE_INTEGER, item: 'last' });
});
