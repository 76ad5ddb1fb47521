import { Module } from '@nestjs/common';
import { Outage } from './outage.js';

@Module({ providers: [Outage], exports: [Outage] })
export class OutageModule {}
