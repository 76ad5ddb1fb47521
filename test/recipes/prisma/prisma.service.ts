import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { PrismaLibSql } from '@prisma/adapter-libsql';
import { PrismaClient } from './generated/client.js';

@Injectable()
export class PrismaService extends PrismaClient implements OnModuleDestroy {
  constructor() {
    super({ adapter: new PrismaLibSql({ url: process.env['DATABASE_URL'] ?? 'file:data.db' }) });
  }

  onModuleDestroy() {
    return this.$disconnect();
  }
}
