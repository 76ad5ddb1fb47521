import type { Servers } from './servers.js';

/** Seconds and rounds of a run: a full one fills docs/, a quick one only shows that all works. */
export interface Effort {
  quick: boolean;
  /** Whether what stands for an hour takes one. */
  hour: boolean;
  rounds: number;
  servers: Servers;
}

export interface Figure {
  what: string;
  /** Empty: a figure for comparison. */
  target: string;
  measured: string;
  /** Undefined: nothing to meet, or it could not be measured. */
  met?: boolean | undefined;
}

export interface Table {
  head: string[];
  rows: string[][];
}

export interface Line {
  name: string;
  points: [number, number][];
}

export interface Plot {
  file: string;
  title: string;
  x: string;
  y: string;
  logX?: boolean;
  logY?: boolean;
  lines: Line[];
}

export interface Result {
  figures: Figure[];
  tables?: Table[];
  plots?: Plot[];
  /** What the figures mean, what was skipped and why. */
  notes?: string[];
}

/** One line of the benchmark: an idea that can be measured by itself. */
export interface Row {
  title: string;
  run(effort: Effort): Promise<Result>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The median, and the least and the most of all rounds. */
export function spread(values: readonly number[], show: (value: number) => string = short): string {
  if (values.length === 1) return show(values[0]!);
  return `${show(median(values))} (${show(Math.min(...values))} to ${show(Math.max(...values))})`;
}

/** Three digits and a unit word. */
export function short(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e9) return `${digits(value / 1e9)} G`;
  if (size >= 1e6) return `${digits(value / 1e6)} M`;
  if (size >= 1e4) return `${digits(value / 1e3)} k`;
  return digits(value);
}

/** Nanoseconds as they are spoken of. */
export function duration(nanoseconds: number): string {
  if (nanoseconds >= 1e9) return `${digits(nanoseconds / 1e9)} s`;
  if (nanoseconds >= 1e6) return `${digits(nanoseconds / 1e6)} ms`;
  if (nanoseconds >= 1e3) return `${digits(nanoseconds / 1e3)} µs`;
  return `${digits(nanoseconds)} ns`;
}

function digits(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return value.toFixed(0);
  return String(Number(value.toPrecision(3)));
}
