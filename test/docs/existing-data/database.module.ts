import { Module, type OnApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';

@Module({
  providers: [{ provide: DataSource, useFactory: () => new DataSource({ type: 'sqljs' }).initialize() }],
  exports: [DataSource],
})
export class DatabaseModule implements OnApplicationShutdown {
  constructor(private readonly database: DataSource) {}

  onApplicationShutdown(): Promise<void> {
    return this.database.destroy();
  }
}
