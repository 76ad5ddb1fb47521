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

/** Wall time, and the time of the processor, which other programs on the machine do not change. */
async function measure(what: string, work: () => unknown): Promise<void> {
  const took: { wall: number; cpu: number }[] = [];
  for (let round = 0; round < 25; round++) {
    const [began, used] = [performance.now(), process.cpuUsage()];
    await work();
    const { user, system } = process.cpuUsage(used);
    took.push({ wall: performance.now() - began, cpu: (user + system) / 1_000 });
  }
  const middle = (of: 'wall' | 'cpu') =>
    took
      .map((one) => one[of])
      .toSorted((one, other) => one - other)[12]!
      .toFixed(1);
  process.stdout.write(`${what}: median ${middle('wall')} ms, of which ${middle('cpu')} ms of processor\n`);
}

process.stdout.write(`${NAMES + 1} sequences in use\n`);
await measure('a scrape', () => reader.collect());
await measure('stats()', () => registry.readings.stats());
await measure('a look of the health check', () => [...registry.readings.usedWithin(60_000)]);
metrics.close();
await registry.close();
