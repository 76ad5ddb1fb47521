/** What observing 100,000 sequences costs: a scrape, stats(), and a look of the health check. */
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import { SequenceRegistry } from '../lib/core/sequence-registry.js';
import { SequenceMetrics } from '../lib/integrations/opentelemetry/sequence-metrics.js';
import { resolveOptions } from '../lib/nest/sequence-module.options.js';
import { MemorySequenceStore } from '../lib/store/memory-sequence-store.js';

const NAMES = 100_000;

class Reader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

const registry = new SequenceRegistry(
  new MemorySequenceStore(),
  resolveOptions({ sequences: { orders: {} }, idleTime: 3_600_000, maxSequences: 2 * NAMES }),
);
const reader = new Reader();
const metrics = new SequenceMetrics(registry, new MeterProvider({ readers: [reader] }));
for (let name = 0; name < NAMES; name += 1_000) {
  await Promise.all(
    Array.from({ length: 1_000 }, (_, index) => registry.get(`tenant-${name + index}`).next()),
  );
}
await registry.get('orders').next();

async function median(what: string, work: () => unknown): Promise<void> {
  const took: number[] = [];
  for (let round = 0; round < 15; round++) {
    const began = performance.now();
    await work();
    took.push(performance.now() - began);
  }
  const [fastest, middle] = [Math.min(...took), took.toSorted((one, other) => one - other)[7]!];
  process.stdout.write(`${what}: median ${middle.toFixed(1)} ms, fastest ${fastest.toFixed(1)} ms\n`);
}

process.stdout.write(`${NAMES + 1} sequences in use\n`);
await median('a scrape', () => reader.collect());
await median('stats()', () => registry.stats());
await median('a look of the health check', () => [...registry.usedWithin(60_000)]);
metrics.close();
await registry.close();
