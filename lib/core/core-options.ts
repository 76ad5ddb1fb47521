import { assertInteger, assertKnownKeys, MAX_COUNT } from '../common/arguments.js';
import { assertBlockSize, type BlockSizeOption } from './block-size.js';
import type { Periods } from './sleeping-sequences.js';
import { MAX_TIMEOUT } from './call-options.js';

/** What belongs to a name, honoured on every path to its ids. */
export interface SequenceDefinition {
  /**
   * The first id of a counter that does not exist yet. Integer from 1 to 2^53 - 1.
   *
   * @default 1
   */
  start?: number | undefined;
  /**
   * How many ids a claim takes: see {@link BlockSizeOption}.
   *
   * @default the `blockSize` of the module
   */
  blockSize?: BlockSizeOption | undefined;
}

/** What the core knows of a name. */
export interface CounterDefinition extends SequenceDefinition {
  /** The last id: a number series has one. Undefined: 2^53 - 1. */
  max?: number | undefined;
  /** What it is counted as together with others: the name of its series. */
  label?: string | undefined;
}

/** What a `floor` hook may return. Drivers give a bigint, or a decimal string, for a 64-bit column. */
export type Floor = number | bigint | string | null | undefined;

/** The numbers among the options: the default, and the least and the greatest value. Times are in milliseconds. */
export const NUMBERS = {
  reserveTime: { default: 5_000, min: 0, max: 3_600_000 },
  maxWaste: { default: Number.MAX_SAFE_INTEGER, min: 1, max: Number.MAX_SAFE_INTEGER },
  timeout: { default: 5_000, min: 1, max: MAX_TIMEOUT },
  closeTimeout: { default: 2_000, min: 0, max: MAX_TIMEOUT },
  maxWaiters: { default: 100_000, min: 1, max: Number.MAX_SAFE_INTEGER },
  idleTime: { default: 60_000, min: 1_000, max: MAX_TIMEOUT },
  maxSequences: { default: 100_000, min: 1, max: Number.MAX_SAFE_INTEGER },
} as const satisfies Record<string, { default: number; min: number; max: number }>;

export type NumberOption = keyof typeof NUMBERS;

/** The block size where nobody chose another. */
export const DEFAULT_BLOCK_SIZE = { min: 10, max: MAX_COUNT } as const;

/** What the core needs to know, checked and complete. */
export interface CoreOptions extends Record<NumberOption, number> {
  blockSize: BlockSizeOption;
  definition: (name: string) => CounterDefinition;
  floor: ((name: string) => Floor | Promise<Floor>) | undefined;
  /** What is over may be used all the same. */
  periods?: Periods | undefined;
}

/** Every number option, with its default where `given` has none. */
export function resolveNumbers(
  given: Partial<Record<NumberOption, number | undefined>>,
): Record<NumberOption, number> {
  const resolved = {} as Record<NumberOption, number>;
  for (const [key, { default: standard, min, max }] of Object.entries(NUMBERS)) {
    const asked = given[key as NumberOption];
    const value = asked === undefined ? standard : asked;
    assertInteger(key, value, min, max);
    // V8 keeps the numbers of a table with large ones as doubles, and a copy in each object of each sequence: 160 bytes.
    resolved[key as NumberOption] = Math.floor(value);
  }
  return resolved;
}

/** `what` names the definition in the message. */
export function assertDefinition(what: string, definition: SequenceDefinition): void {
  assertKnownKeys(what, definition, ['start', 'blockSize']);
  if (definition.start !== undefined) {
    assertInteger(`start of ${what}`, definition.start, 1, Number.MAX_SAFE_INTEGER);
  }
  if (definition.blockSize !== undefined) assertBlockSize(definition.blockSize);
}
