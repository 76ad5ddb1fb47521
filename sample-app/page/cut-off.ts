import { SequenceError, type SequenceStore } from 'nestjs-essequence';
import type { Outage } from './outage.js';

/** The methods of a store that reach its server or its folder. Not every store has all of them. */
const REQUESTS = ['claim', 'ensureAtLeast', 'inspect', 'fence', 'recordSeries', 'ping'] as const;

type Requests = Partial<Record<(typeof REQUESTS)[number], (request: never) => Promise<unknown>>>;

/** The same store, which cannot be reached during an {@link Outage}, as if the network were down. */
export function cutOffBy(outage: Outage, store: SequenceStore): SequenceStore {
  const requests = store as Requests;
  for (const name of REQUESTS) {
    const send = requests[name]?.bind(store);
    if (send === undefined) continue;
    requests[name] = async (request) => {
      if (outage.secondsLeft === undefined) return send(request);
      // A store never answers in the microtask it was called in.
      await new Promise((resolve) => setImmediate(resolve));
      throw new SequenceError('UNAVAILABLE', 'The store was cut off by the page of the sample application.');
    };
  }
  return store;
}
