import { performance, createHistogram, type RecordableHistogram } from 'node:perf_hooks';

export interface Latencies {
  calls: number;
  failed: number;
  /** Calls that lasted longer than a millisecond, and when the last of them was made, in seconds since the start. */
  late: number;
  lastLate: number;
  /** Nanoseconds. */
  p50: number;
  p99: number;
  p999: number;
  max: number;
  /** Share of calls, in percent, and nanoseconds. */
  distribution: [number, number][];
}

const MILLISECOND = 1e6;
const SHARES = [50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.999];

/**
 * An open load: a call is made when its time has come, whether or not those before were answered. The latency of a call
 * counts from the moment it is made.
 *
 * @param perSecond calls per second
 * @param warmUp milliseconds at the start that are not counted
 */
export async function steadyLoad(
  next: () => Promise<unknown>,
  { perSecond, milliseconds, warmUp }: { perSecond: number; milliseconds: number; warmUp: number },
): Promise<Latencies> {
  const histogram = createHistogram();
  const begun = performance.now();
  let made = 0;
  const calls = { waiting: 0 };
  let failed = 0;
  let late = 0;
  let lastLate = 0;
  const call = () => {
    made++;
    calls.waiting++;
    const at = performance.now();
    next().then(
      () => {
        calls.waiting--;
        if (at - begun < warmUp) return;
        const took = Math.max(1, Math.round((performance.now() - at) * 1e6));
        histogram.record(took);
        if (took > MILLISECOND) {
          late++;
          lastLate = Math.max(lastLate, (at - begun) / 1_000);
        }
      },
      () => {
        calls.waiting--;
        failed++;
      },
    );
  };
  while (performance.now() - begun < milliseconds) {
    // One call a turn: what is due together is not made together, or each call would wait for those before it.
    if (((performance.now() - begun) * perSecond) / 1_000 > made) call();
    await turn();
  }
  for (let patience = 0; calls.waiting > 0 && patience < 2_000; patience++) await pause(5);
  return { calls: made, failed, late, lastLate, ...summary(histogram) };
}

export function summary(
  histogram: RecordableHistogram,
): Pick<Latencies, 'p50' | 'p99' | 'p999' | 'max' | 'distribution'> {
  return {
    p50: histogram.percentile(50),
    p99: histogram.percentile(99),
    p999: histogram.percentile(99.9),
    max: histogram.max,
    distribution: SHARES.map((share) => [share, histogram.percentile(share)]),
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
