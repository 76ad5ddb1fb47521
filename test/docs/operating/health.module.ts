import { Controller, Get, Module } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { SequenceHealthIndicator } from 'nestjs-essequence/terminus';

@Controller('health')
export class HealthController {
  constructor(
    private readonly health: HealthCheckService,
    private readonly sequences: SequenceHealthIndicator,
  ) {}

  @Get()
  @HealthCheck()
  check() {
    return this.health.check([() => this.sequences.check('sequences')]);
  }
}

@Module({ imports: [TerminusModule], controllers: [HealthController], providers: [SequenceHealthIndicator] })
export class HealthModule {}
