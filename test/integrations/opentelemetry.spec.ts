import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Test, type TestingModule } from '@nestjs/testing';
import { context, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { tracingChannel } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { FaultySequenceStore } from '../../lib/testing.js';
import {
  SequenceError,
  SequenceId,
  SequenceModule,
  type SequenceModuleOptions,
  SequenceService,
} from '../../lib/index.js';
import { METRICS } from '../../lib/integrations/opentelemetry/metric-names.js';
import { SequenceMetricsModule, type SequenceMetricsOptions } from '../../lib/opentelemetry.js';

beforeAll(() => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
});

describe('SequenceMetricsModule', () => {
  const apps: TestingModule[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0)) await app.close();
  });

  async function start(options: SequenceModuleOptions = {}, metricsOptions: SequenceMetricsOptions = {}) {
    const store = new FaultySequenceStore();
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
    const meterProvider = new MeterProvider({ readers: [reader] });
    const spans = new InMemorySpanExporter();
    const tracerProvider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
    const app = await Test.createTestingModule({
      imports: [
        SequenceModule.forRoot({ store, blockSize: 10, ...options }),
        SequenceMetricsModule.forRoot({ meterProvider, tracerProvider, ...metricsOptions }),
        SequenceModule.forFeature('receipts'),
      ],
    })
      .setLogger({ log() {}, warn() {}, error() {} })
      .compile();
    await app.init();
    apps.push(app);
    /** Values by instrument and label. */
    const scrape = async () => {
      const { resourceMetrics } = await reader.collect();
      const found: Record<string, Record<string, any>> = {};
      for (const { descriptor, dataPoints } of resourceMetrics.scopeMetrics.flatMap(
        ({ metrics }) => metrics,
      )) {
        for (const { attributes, value } of dataPoints) {
          const { 'essequence.definition': label, 'error.type': type } = attributes;
          (found[descriptor.name] ??= {})[type === undefined ? String(label) : `${label} ${type}`] = value;
        }
      }
      return found;
    };
    return {
      store,
      scrape,
      spans,
      tracer: tracerProvider.getTracer('test'),
      sequences: app.get(SequenceService),
    };
  }

  it('has values from the first draw on, by definition', async () => {
    const { scrape, sequences } = await start({ sequences: { orders: {} } });
    expect(await scrape()).toEqual({});
    await sequences.take('orders', 4);
    await sequences.next('receipts');
    for (let tenant = 0; tenant < 3; tenant++) await sequences.take(`tenant-${tenant}`, 2);
    const values = await scrape();
    expect(values['essequence.claims']).toEqual({ orders: 1, receipts: 1, other: 3 });
    expect(values['essequence.ids']).toEqual({ orders: 4, receipts: 1, other: 6 });
    expect(values['essequence.cached']).toEqual({ orders: 6, receipts: 9, other: 24 });
    expect(values['essequence.waiting']).toEqual({ orders: 0, receipts: 0, other: 0 });
    expect(values['essequence.claim.duration']!['orders']).toMatchObject({ count: 1 });
    expect(values['essequence.wait_time']!['orders']).toMatchObject({ count: 1 });
    expect(values['essequence.stalls']).toEqual({ orders: 1, receipts: 1, other: 3 });
    for (let id = 0; id < 100; id++) await sequences.next('orders');
    const later = await scrape();
    expect(later['essequence.ids']!['orders']).toBe(104);
    expect(later['essequence.cached']!['orders']).toBe(6);
    expect(later['essequence.cover']!['orders']).toBeGreaterThan(0);
  });

  it('counts errors by code, and retries', async () => {
    const { store, scrape, sequences } = await start({ sequences: { orders: {} } });
    store.failNextClaim();
    await sequences.next('orders');
    store.failNextClaim(new SequenceError('FORBIDDEN', 'no'));
    await sequences.take('orders', 9);
    await expect(sequences.take('orders', 9)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const values = await scrape();
    expect(values['essequence.retries']).toEqual({ orders: 1 });
    expect(values['essequence.errors']).toEqual({ 'orders UNAVAILABLE': 1, 'orders FORBIDDEN': 1 });
  });

  it('labels names as it is told', async () => {
    const { scrape, sequences } = await start({}, { label: (name) => name.split(':')[0]! });
    await sequences.next('orders:acme');
    await sequences.next('orders:zeta');
    expect((await scrape())['essequence.ids']).toEqual({ orders: 2 });
  });

  it('loses nothing when a name sleeps, and does not wake it', async () => {
    const { scrape, sequences } = await start({ sequences: { orders: {} } });
    await sequences.take('orders', 4);
    const registry = (sequences as any).registry;
    expect(registry.putToSleep('orders')).toBe(true);
    const asleep = await scrape();
    expect(asleep['essequence.ids']).toEqual({ orders: 4 });
    expect(asleep['essequence.cached']).toEqual({ orders: 6 });
    expect(sequences.stats('orders')).toEqual({ name: 'orders', cached: 6, waiting: 0 });
    expect(registry.isAwake('orders')).toBe(false);
    await sequences.next('orders');
    const awake = await scrape();
    expect(awake['essequence.ids']).toEqual({ orders: 5 });
    expect(awake['essequence.cached']).toEqual({ orders: 5 });
  });

  it('a name that @SequenceId spells out has figures of its own, one that a function gives has none', async () => {
    class Order {
      @SequenceId('order-numbers') number!: number;
      @SequenceId(() => 'order-of-acme') ofTenant!: number;
    }
    const { scrape, sequences } = await start();
    await sequences.assign([new Order(), new Order()]);
    expect((await scrape())['essequence.ids']).toEqual({ 'order-numbers': 2, other: 2 });
  });

  it('two applications in one process do not count each other', async () => {
    const [one, other] = [
      await start({ sequences: { orders: {} } }),
      await start({ sequences: { orders: {} } }),
    ];
    await one.sequences.next('orders');
    expect((await one.scrape())['essequence.claims']).toEqual({ orders: 1 });
    expect(await other.scrape()).toEqual({});
    expect(other.spans.getFinishedSpans()).toEqual([]);
  });

  it('makes one span of a claim, within the call that waits longest', async () => {
    const { spans, tracer, sequences } = await start();
    await tracer.startActiveSpan('request', async (request) => {
      await Promise.all([sequences.next('orders'), sequences.next('orders')]);
      request.end();
    });
    const [claim, request] = spans.getFinishedSpans();
    expect(claim).toMatchObject({
      name: 'essequence.claim',
      kind: 0,
      attributes: { 'essequence.sequence': 'orders' },
    });
    expect(claim!.parentSpanContext?.spanId).toBe(request!.spanContext().spanId);
    expect(spans.getFinishedSpans()).toHaveLength(2);
  });

  it('a claim that nobody waits for has no parent, whoever made it begin', async () => {
    const { spans, tracer, sequences } = await start();
    tracer.startActiveSpan('request', (request) => {
      expect(sequences.tryNext('orders')).toBeUndefined();
      request.end();
    });
    while (sequences.tryNext('orders') === undefined) await new Promise((resolve) => setImmediate(resolve));
    const claim = spans.getFinishedSpans().find(({ name }) => name === 'essequence.claim')!;
    expect(claim.attributes['essequence.waiting']).toBe(0);
    expect(claim.parentSpanContext).toBeUndefined();
  });

  it('a claim that fails is a span with its code', async () => {
    const { store, spans, sequences } = await start();
    store.failNextClaim(new SequenceError('FORBIDDEN', 'no'));
    await expect(sequences.next('orders')).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(spans.getFinishedSpans()).toMatchObject([
      { status: { code: 2, message: 'no' }, attributes: { 'error.type': 'FORBIDDEN' } },
    ]);
  });

  it('what is traced inside a claim nests in its span', async () => {
    const { store, spans, tracer, sequences } = await start();
    const claim = store.claim.bind(store);
    store.claim = (request) => {
      tracer.startSpan('elasticsearch').end();
      return claim(request);
    };
    await sequences.next('orders');
    const [inner, outer] = spans.getFinishedSpans();
    expect(inner!.parentSpanContext?.spanId).toBe(outer!.spanContext().spanId);
    expect(trace.getActiveSpan()).toBeUndefined();
  });

  it('refuses options that it does not know', () => {
    expect(() => SequenceMetricsModule.forRoot({ provider: 1 } as never)).toThrow(TypeError);
    expect(() => SequenceMetricsModule.forRoot({ label: 'orders' as never })).toThrow(TypeError);
  });
});

it('the tracing channel has each claim as an operation with a beginning and an end', async () => {
  const seen: string[] = [];
  const channel = tracingChannel('nestjs-essequence:claim');
  const listener = {
    start: (message: any) => void seen.push(`start ${message.sequence} ${message.waiting}`),
    asyncEnd: (message: any) => void seen.push(`end ${message.sequence}`),
    end() {},
    asyncStart() {},
    error() {},
  };
  channel.subscribe(listener);
  const app = await Test.createTestingModule({
    imports: [SequenceModule.forRoot({ store: new FaultySequenceStore() })],
  }).compile();
  await app.init();
  await app.get(SequenceService).next('orders');
  channel.unsubscribe(listener);
  await app.close();
  expect(seen).toEqual(['start orders 1', 'end orders']);
});

it('the Grafana dashboard reads the metrics that the code emits, and all of them', () => {
  const dashboard = readFileSync(
    new URL('../../docs/public/grafana-dashboard.json', import.meta.url),
    'utf8',
  );
  /** As the Prometheus exporter names them. */
  const prometheus = (name: string, unit: string) =>
    `${name.replaceAll('.', '_')}${unit === 's' ? '_seconds' : ''}`;
  const emitted = Object.values(METRICS).map(({ name, unit }) => prometheus(name, unit));
  const expressions = JSON.parse(dashboard)
    .panels.flatMap((panel: any) => panel.targets ?? [])
    .map(({ expr }: any) => expr as string);
  const read = expressions
    .flatMap((expression: string) => expression.match(/essequence_[a-z_]+(?=[{[)\s]|$)/g) ?? [])
    .filter((name: string) => name !== 'essequence_definition')
    .map((name: string) => name.replace(/_(total|bucket|sum|count)$/, ''));
  expect([...new Set(read)].toSorted()).toEqual(emitted.toSorted());
});
