/** @servers elasticsearch-9 */
import { Client } from '@elastic/elasticsearch';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Inject, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { setTimeout as sleep } from 'node:timers/promises';
import { ElasticsearchSequenceStore, SequenceModule, SequenceService } from '../../lib/index.js';
import { SequenceMetricsModule } from '../../lib/opentelemetry.js';
import { SequenceHealthIndicator } from '../../lib/terminus.js';
import { realServers } from '../support/elasticsearch-clients.js';
import { startElasticsearch9 } from '../support/elasticsearch-server.js';
import type { ServerCluster } from '../support/server-cluster.js';

// Needs a server of its own, which it stops and starts.
const own = realServers().some(({ name }) => name === 'Elasticsearch 9') ? describe : describe.skip;

@Controller('health')
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly health: HealthCheckService,
    @Inject(SequenceHealthIndicator) private readonly sequences: SequenceHealthIndicator,
  ) {}

  @Get() @HealthCheck() check() {
    return this.health.check([() => this.sequences.check('sequences')]);
  }
}

own('While the server is gone', () => {
  let cluster: ServerCluster;
  let client: Client;
  let app: INestApplication;
  let sequences: SequenceService;
  const lines: string[] = [];
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });

  beforeAll(async () => {
    cluster = await startElasticsearch9();
    client = new Client({ node: cluster.url });
    const store = new ElasticsearchSequenceStore({ client });

    @Module({
      imports: [
        SequenceModule.forRoot({ store, sequences: { orders: {} } }),
        SequenceMetricsModule.forRoot({ meterProvider: new MeterProvider({ readers: [reader] }) }),
        TerminusModule,
      ],
      controllers: [HealthController],
      providers: [SequenceHealthIndicator],
    })
    class AppModule {}

    const write = (level: string) => (message: unknown, context?: string) => {
      if (context === 'SequenceModule') lines.push(`${level} ${String(message)}`);
    };
    const logger = { log: write('LOG'), warn: write('WARN'), error: write('ERROR') };
    app = await NestFactory.create(AppModule, { logger });
    await app.listen(0, '127.0.0.1');
    sequences = app.get(SequenceService);
  }, 600_000);

  afterAll(async () => {
    await app?.close();
    await client?.close();
    await cluster?.stop();
  });

  const health = async () => {
    const response = await fetch(`${await app.getUrl()}/health`);
    const body = (await response.json()) as any;
    return { status: response.status, sequences: body.details.sequences };
  };
  /** A steady demand of about 200 ids a second, until `enough`; returns when an id was not there at once. */
  const drawUntil = async (enough: () => boolean): Promise<boolean> => {
    while (!enough()) {
      if (sequences.tryNext('orders') === undefined) return true;
      await sleep(5);
    }
    return false;
  };

  it('health is up, degraded with the seconds that are left, down, and up again; the log has two lines', async () => {
    await sequences.next('orders');
    const steady = performance.now() + 4_000;
    while (performance.now() < steady) {
      await sequences.next('orders');
      await sleep(5);
    }
    expect(await health()).toMatchObject({ status: 200, sequences: { status: 'up' } });

    await cluster.nodes[0].kill();
    const noticed = performance.now() + 1_100;
    expect(await drawUntil(() => performance.now() > noticed)).toBe(false);
    const degraded = await health();
    expect(degraded).toMatchObject({
      status: 200,
      sequences: { status: 'degraded', secondsLeft: expect.any(Number), store: { code: 'UNAVAILABLE' } },
    });
    expect(degraded.sequences.store.message).toContain('ECONNREFUSED');
    const began = performance.now();
    expect(await drawUntil(() => performance.now() > began + 60_000)).toBe(true);
    const lasted = (performance.now() - began) / 1_000;
    if (process.env['SHOW'] !== undefined) {
      process.stdout.write(`${JSON.stringify(degraded)}\nit lasted ${lasted.toFixed(1)} s\n`);
    }
    const caller = sequences.next('orders', { timeout: 300 }).catch((error: unknown) => error);
    expect(await caller).toMatchObject({ code: 'TIMEOUT' });
    await sleep(1_100);
    const down = await health();
    expect(down).toMatchObject({ status: 503, sequences: { status: 'down', sequencesWithoutIds: 1 } });

    cluster.nodes[0].start();
    await cluster.nodes[0].waitUntilReady();
    await sequences.next('orders', { timeout: 120_000 });
    await sleep(1_100);
    expect(await health()).toMatchObject({ status: 200, sequences: { status: 'up' } });

    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatch(/^WARN The store fails \(UNAVAILABLE.*ECONNREFUSED/);
    expect(lines[1]).toMatch(/^LOG The store works again after \d+\.\d s\./);
    const { resourceMetrics } = await reader.collect();
    const values = Object.fromEntries(
      resourceMetrics.scopeMetrics
        .flatMap(({ metrics }) => metrics)
        .map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]?.value]),
    );
    expect(values['essequence.ids']).toBeGreaterThan(100);
    expect(values['essequence.errors']).toBeGreaterThan(0);
    expect(values['essequence.retries']).toBeGreaterThan(0);
    if (process.env['SHOW'] !== undefined) {
      process.stdout.write(`${JSON.stringify(down)}\n${lines.join('\n')}\n${JSON.stringify(values)}\n`);
    }
  }, 600_000);
});
