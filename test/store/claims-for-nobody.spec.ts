/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import { storesUnderTest } from '../support/stores.js';

describe.each(storesUnderTest().map((store) => [store.name, store] as const))('A claim on %s', (_, store) => {
  const counters = store.create();
  const opened = counters.open();

  afterAll(async () => {
    await opened.close?.();
    await counters.remove();
    await store.end();
  });

  it('changes nothing when everybody has left before its count is read', async () => {
    const { signal } = new AbortController();
    await opened.claim({ name: 'orders', count: 1, start: 1, signal });
    const abort = new AbortController();
    const claim = opened.claim({
      name: 'orders',
      // As a sequence on demand does, that finds nobody in its line.
      get count() {
        abort.abort(new Error('nobody waits'));
        return 1;
      },
      start: 1,
      signal: abort.signal,
    });
    await expect(claim).rejects.toThrow('nobody waits');
    expect(await opened.inspect({ name: 'orders', signal })).toMatchObject({ last: 1 });
  });
});
