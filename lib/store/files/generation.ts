import { randomUUID } from 'node:crypto';
import { show } from '../../common/arguments.js';
import { SequenceError, sequenceError } from '../../common/sequence-error.js';
import type { Counter } from '../counter.js';

/** A file of a newer format is left alone. */
const FORMAT = 1;

/** A counter as a generation holds it. */
export interface FileCounter extends Counter {
  /** Where it was fenced last: a fence that is part of a copy was made elsewhere. */
  readonly fenced?: Fenced | undefined;
}

export interface Fenced {
  /** Device and inode of the folder. */
  readonly folder: string;
  readonly generation: number;
}

/** What one generation says, by name. Only what is used is looked at; the rest stays as it is. */
export interface Generation {
  readonly counters: Record<string, unknown>;
  /** The records of number series. Apart from the counters, so that no call can take one for the other. */
  readonly series: Record<string, unknown>;
}

/** Of a shard that was never used. */
export function noGeneration(): Generation {
  return { counters: {}, series: {} };
}

/** The number in the name of a generation's file; undefined for all other files. */
export function generationOf(file: string): number | undefined {
  const generation = /^g[1-9]\d{0,15}$/.test(file) ? Number(file.slice(1)) : Number.NaN;
  return Number.isSafeInteger(generation) ? generation : undefined;
}

export function fileOf(generation: number): string {
  return `g${generation}`;
}

/** One counter a line, for people. The nonce tells any two texts apart. */
export function formatGeneration({ counters, series }: Generation): string {
  const records = Object.keys(series).length === 0 ? '' : `,"series":${inLines(series)}`;
  return `{"format":${FORMAT},"nonce":"${randomUUID()}","counters":${inLines(counters)}${records}}\n`;
}

function inLines(values: Record<string, unknown>): string {
  const lines = Object.entries(values).map(
    ([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`,
  );
  return `{\n${lines.join(',\n')}\n}`;
}

/** `where` names the file in the error. */
export function parseGeneration(text: string, where: string): Generation {
  const { format, counters, series = {} } = (parsed(text) ?? {}) as Record<string, unknown>;
  if (typeof format === 'number' && format > FORMAT) {
    throw new SequenceError(
      'CORRUPT',
      `${where} was written by a newer version of this library (format ${format}; this one knows ${FORMAT}). Nothing was ` +
        'changed. Bring this process to that version.',
    );
  }
  if (format !== FORMAT || !isByName(counters) || !isByName(series)) {
    throw new SequenceError(
      'CORRUPT',
      `${where} is not a generation of counters: ${show(text)}. Nothing was changed. Restore the folder from a copy, and ` +
        'fence its counters.',
    );
  }
  return { counters, series };
}

/** Undefined: there is none. Throws CORRUPT for anything a counter cannot be. */
export function counterOf({ counters }: Generation, name: string): FileCounter | undefined {
  if (!Object.hasOwn(counters, name)) return undefined;
  const { last, epoch, epochs, fenced } = (counters[name] ?? {}) as Record<string, unknown>;
  if (
    !Number.isSafeInteger(last) ||
    (last as number) < 0 ||
    typeof epoch !== 'string' ||
    !Array.isArray(epochs) ||
    !epochs.every((former) => typeof former === 'string') ||
    !isFenced(fenced)
  ) {
    throw sequenceError(
      name,
      'CORRUPT',
      'expected the stored last to be an integer from 0 to 2^53 - 1, with an epoch and a list of former epochs, got ' +
        `last ${show(last)}, epoch ${show(epoch)}, epochs ${show(epochs)}. Nothing was changed.`,
    );
  }
  return { last: last as number, epoch, epochs, fenced };
}

/** Undefined: there is none. Throws CORRUPT for anything a record cannot be. */
export function recordOf({ series }: Generation, name: string): string | undefined {
  if (!Object.hasOwn(series, name)) return undefined;
  const record = series[name];
  if (typeof record === 'string') return record;
  throw sequenceError(
    name,
    'CORRUPT',
    `expected the stored record of this series to be a text, got ${show(record)}. Nothing was changed.`,
  );
}

/** What is written of a counter. */
export function stored({ last, epoch, epochs, fenced }: FileCounter): object {
  return { last, epoch, epochs, fenced };
}

function isFenced(value: unknown): value is Fenced | undefined {
  if (value === undefined) return true;
  const { folder, generation } = (value ?? {}) as Record<string, unknown>;
  return typeof folder === 'string' && Number.isSafeInteger(generation);
}

function isByName(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
