import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClaimMessage, RetryMessage, StallMessage, VerdictMessage } from '../../lib/core/diagnostics.js';
import { drain, start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';

describe('The diagnostics channels', () => {
  it('tell of claims, retries, verdicts and stalls, and nothing per id', async () => {
    const messages: [string, unknown][] = [];
    const channels = ['claim', 'retry', 'verdict', 'stall'].map((kind) => {
      const listen = (message: unknown) => void messages.push([kind, message]);
      subscribe(`nestjs-essequence:${kind}`, listen);
      return () => unsubscribe(`nestjs-essequence:${kind}`, listen);
    });
    const { orders, store, clock } = start();
    const first = [orders.next(), orders.next()];
    await clock.turn();
    const trouble = failure('UNAVAILABLE');
    await store.claimed.fail(trouble);
    await clock.advance(500);
    await clock.advance(20);
    await store.grant();
    await Promise.all(first);
    drain(orders);
    await clock.turn();
    const verdict = failure('CORRUPT');
    await store.claimed.fail(verdict);
    for (const stop of channels) stop();
    expect(messages).toEqual([
      ['retry', { sequence: 'orders', error: trouble, delay: 500 } satisfies RetryMessage],
      ['claim', { sequence: 'orders', first: 1, last: 10, took: 20 } satisfies ClaimMessage],
      ['stall', { sequence: 'orders', waiting: 2, waited: 520 } satisfies StallMessage],
      ['verdict', { sequence: 'orders', error: verdict } satisfies VerdictMessage],
    ]);
  });
});
