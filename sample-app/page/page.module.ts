import { Module } from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { LastNumbers } from './last-numbers.js';
import { OutageModule } from './outage.module.js';
import { PageController } from './page.controller.js';
import { Samples } from './samples.js';

@Module({
  imports: [OutageModule],
  controllers: [PageController],
  providers: [Samples, LastNumbers, { provide: APP_INTERCEPTOR, useExisting: LastNumbers }],
})
export class PageModule {}
