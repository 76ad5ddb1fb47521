import { performance } from 'node:perf_hooks';

/** Milliseconds since the start, and ids drawn by then. */
export type Sample = [number, number];

/** Draws one id after the other for so long; nothing is timed per id, a timer looks at the count. Without `failed` errors end it. */
export async function saturate(
  next: () => Promise<number>,
  milliseconds: number,
  failed?: (error: unknown) => void,
): Promise<Sample[]> {
  const samples: Sample[] = [[0, 0]];
  let ids = 0;
  const time = { over: false };
  const begun = performance.now();
  const look = setInterval(() => {
    const now = performance.now() - begun;
    samples.push([now, ids]);
    time.over = now >= milliseconds;
  }, 50);
  while (!time.over) {
    try {
      await next();
      ids++;
    } catch (error) {
      if (failed === undefined) throw error;
      failed(error);
    }
  }
  clearInterval(look);
  return samples;
}

/** Ids per second from `since` on, milliseconds after the start. */
export function rateSince(samples: readonly Sample[], since: number): number {
  const first = samples.find(([at]) => at >= since)!;
  const last = samples.at(-1)!;
  return ((last[1] - first[1]) * 1_000) / (last[0] - first[0]);
}

/** Seconds since the start and ids/s, between neighbouring samples. */
export function rates(samples: readonly Sample[]): [number, number][] {
  return samples.slice(1).map(([at, ids], index) => {
    const [before, drawn] = samples[index]!;
    return [at / 1_000, Math.round(((ids - drawn) * 1_000) / (at - before))];
  });
}
