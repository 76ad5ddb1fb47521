import { isPromise } from 'node:util/types';

/**
 * What a function of the application returned, where only a value is of use. A promise among results would be a value on
 * one path and awaited on another.
 *
 * @throws TypeError for a promise, and for all else that has a `then`.
 */
export function assertNoPromise<T>(value: T, expected: string): T {
  if (typeof (value as { then?: unknown } | null | undefined)?.then !== 'function') return value;
  ignoreRejection(value);
  throw new TypeError(`Expected ${expected}, got a promise: await it where the id is used`);
}

/**
 * For a value that is refused. If it is a promise, nobody will wait for it, and a rejection that nobody handles ends the
 * process. What only has a `then` is left alone: queries of some libraries run when it is called.
 */
export function ignoreRejection(value: unknown): void {
  if (isPromise(value)) value.catch(() => {});
}
