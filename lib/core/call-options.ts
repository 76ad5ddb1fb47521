import { assertInteger, assertKnownKeys, show } from '../common/arguments.js';

/** The trailing options of every call that may wait. */
export interface CallOptions {
  /** Ends the wait when it aborts; the call rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds to wait without progress, 1 to 2^31 - 1. Default: the module's `timeout`. */
  timeout?: number | undefined;
}

export function assertCallOptions(options: CallOptions): void {
  assertKnownKeys('the call options', options, ['signal', 'timeout']);
  const { signal, timeout } = options;
  if (timeout !== undefined) assertInteger('timeout', timeout, 1, MAX_TIMEOUT);
  if (signal !== undefined && !isSignal(signal)) {
    throw new TypeError(`Expected signal to be an AbortSignal, got ${show(signal)}`);
  }
}

/** All that is used of one. Not `instanceof`: polyfills and other realms have classes of their own. */
function isSignal(signal: AbortSignal | null): boolean {
  return (
    typeof signal?.aborted === 'boolean' &&
    typeof signal.throwIfAborted === 'function' &&
    typeof signal.addEventListener === 'function' &&
    typeof signal.removeEventListener === 'function'
  );
}

/** The longest delay of a timer, in milliseconds: Node takes a longer one as 1 ms. */
export const MAX_TIMEOUT = 2 ** 31 - 1;
