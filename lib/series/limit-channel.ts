import { channel } from 'node:diagnostics_channel';

/** What the channel `nestjs-essequence:limit` of `node:diagnostics_channel` tells, once per counter and process. */
export interface LimitMessage {
  /** The counter: `invoices~acme~2026`. */
  sequence: string;
  /** The name of the series. */
  series: string;
  scope: string | undefined;
  period: string;
  /** The number that was just handed out. */
  n: number;
  /** The last number of the counter. */
  max: number;
}

/** A counter has come to `warnAt` of its last number. */
export const limitChannel = channel('nestjs-essequence:limit');
