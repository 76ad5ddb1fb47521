import { describe, expect, it } from '@jest/globals';
import { HistoryReader } from '../../../lib/store/elasticsearch/history-reader.js';
import { type HeldRequest, HeldWire, turn } from '../../support/held-wire.js';
import { watch } from '../../support/watched.js';

const { signal } = new AbortController();

function answer(request: HeldRequest, history: string): Promise<void> {
  const copy = {
    routing: { primary: true, state: 'STARTED' },
    commit: { user_data: { history_uuid: history } },
  };
  return request.answer({ indices: { 'counters-1': { shards: { 0: [copy] } } } });
}

describe('A reading of the history', () => {
  function start() {
    const wire = new HeldWire();
    return { wire, reader: new HistoryReader(wire.client) };
  }

  it('that vouches for a claim begins after the claim was answered, and serves all who ask meanwhile', async () => {
    const { wire, reader } = start();
    const first = watch(reader.read('counters-1', { signal }));
    await turn();
    const later = [1, 2].map(() => watch(reader.read('counters-1', { signal })));
    await answer(wire.requests[0]!, 'before');
    expect(first.value).toBe('before');
    expect(later.map(({ state }) => state)).toEqual(['pending', 'pending']);
    await answer(wire.requests[1]!, 'after');
    expect(later.map(({ value }) => value)).toEqual(['after', 'after']);
    expect(wire.requests).toHaveLength(2);
  });

  it('for a stamp may be under way already', async () => {
    const { wire, reader } = start();
    const claim = watch(reader.read('counters-1', { signal }));
    await turn();
    const stamp = watch(reader.present('counters-1', { signal }));
    await answer(wire.requests[0]!, 'now');
    expect([claim.value, stamp.value]).toEqual(['now', 'now']);
    expect(wire.requests).toHaveLength(1);
  });

  it('for a stamp is made where none is under way', async () => {
    const { wire, reader } = start();
    for (const history of ['one', 'two']) {
      const stamp = watch(reader.present('counters-1', { signal }));
      await turn();
      await answer(wire.requests.at(-1)!, history);
      expect(stamp.value).toBe(history);
    }
  });
});
