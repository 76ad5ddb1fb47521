/** A call that gave ids, by one clock for all processes. */
export interface TimedCall {
  readonly begun: number;
  /** When its answer had arrived; later is safe. */
  readonly ended: number;
  readonly first: number;
  readonly last: number;
  readonly by: string;
}

/** Calls that began after another one had ended, and got a lower id: what `blockSize: 'onDemand'` rules out. */
export function outOfTurn(calls: readonly TimedCall[]): string[] {
  const ended = calls.toSorted((one, other) => one.ended - other.ended);
  const found: string[] = [];
  let next = 0;
  let highest: TimedCall | undefined;
  for (const call of calls.toSorted((one, other) => one.begun - other.begun)) {
    for (; next < ended.length && ended[next]!.ended < call.begun; next++) {
      if (highest === undefined || ended[next]!.last > highest.last) highest = ended[next]!;
    }
    if (highest === undefined || call.first > highest.last) continue;
    found.push(`${call.first} of ${call.by} began after ${highest.by} had got ${highest.last}`);
  }
  return found;
}
