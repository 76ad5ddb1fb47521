/** What became of a promise so far. */
export interface Watched<Result> {
  state: 'pending' | 'resolved' | 'rejected';
  value?: Result;
  error?: unknown;
}

export function watch<Result>(promise: Promise<Result>): Watched<Result> {
  const watched: Watched<Result> = { state: 'pending' };
  promise.then(
    (value) => Object.assign(watched, { state: 'resolved', value }),
    (error: unknown) => Object.assign(watched, { state: 'rejected', error }),
  );
  return watched;
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, offset) => first + offset);
}
