/** The greatest number of ids one claim or one `take` may ask for. */
export const MAX_COUNT = 1_000_000;

const NAME = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/**
 * Names are document ids, parts of URL paths and log lines: the allowed characters mean the same in all of them.
 * (`..` collapses a URL path; NFC and NFD forms of one text would be two counters.)
 */
export function assertName(name: unknown): asserts name is string {
  if (typeof name !== 'string' || !NAME.test(name)) {
    throw new TypeError(
      'Expected a sequence name of 1 to 128 characters, A-Z a-z 0-9 . _ : - with a letter or digit first, ' +
        `got ${show(name)}`,
    );
  }
}

/**
 * What stores keep counters by: the name of a sequence, or of one counter of a number series in three parts, the last
 * two possibly empty: `invoices~acme~2026`. `~` is no character of a sequence name, so the two never meet.
 */
export function assertCounterName(name: unknown): asserts name is string {
  if (typeof name === 'string' && COUNTER_NAME.test(name)) return;
  assertName(name);
}

const COUNTER_NAME =
  /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}~(?:[A-Za-z0-9][A-Za-z0-9._:-]{0,63})?~[0-9QW-]{0,10}$/;

/** `what` names the argument in the message, for example `blockSize`. */
export function assertInteger(
  what: string,
  value: unknown,
  min: number,
  max: number,
): asserts value is number {
  if (typeof value !== 'number') {
    throw new TypeError(`Expected ${what} to be an integer from ${min} to ${max}, got ${show(value)}`);
  }
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`Expected ${what} to be an integer from ${min} to ${max}, got ${show(value)}`);
  }
}

/** Refuses anything but a plain record of the known keys: a misspelt option must not be silently without effect. */
export function assertKnownKeys(what: string, value: unknown, known: readonly string[]): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new TypeError(`Expected ${what} to be an object, got ${show(value)}`);
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) {
      throw new TypeError(`Unknown key ${show(key)} in ${what}; known are: ${known.join(', ')}`);
    }
  }
}

/** A value as it may stand in a message or log line: short, one line, ASCII only. */
export function show(value: unknown): string {
  const type = value === null ? 'null' : typeof value;
  switch (type) {
    case 'string': {
      const text = value as string;
      const quoted = JSON.stringify(text.length > 140 ? `${text.slice(0, 140)}…` : text);
      const ascii = quoted.replace(
        /[\u007f-\uffff]/g,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
      return text.length > 128 ? `${ascii} (${text.length} characters)` : ascii;
    }
    case 'number':
    case 'boolean':
    case 'undefined':
    case 'null':
      return String(value);
    case 'bigint':
      return `${value as bigint}n (bigint)`;
    case 'function':
      return 'a function';
    case 'symbol':
      return 'a symbol';
    default:
      return Array.isArray(value) ? 'an array' : 'an object';
  }
}
