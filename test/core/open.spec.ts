import { start } from '../support/scripted-process.js';
import { failure } from '../support/scripted-store.js';
import { watch } from '../support/watched.js';

describe('open', () => {
  it('ends with its time-out as UNAVAILABLE, whatever the store makes of the abort', async () => {
    for (const onAbort of [() => {}, (reject: (error: Error) => void) => reject(new Error('aborted'))]) {
      const { registry, store, clock } = start({ timeout: 300 });
      store.open = (signal) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => onAbort(reject));
        });
      const opened = watch(registry.open());
      await clock.advance(299);
      expect(opened.state).toBe('pending');
      await clock.advance(1);
      expect(opened.error).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    }
  });

  it('that ends early leaves no timer behind', async () => {
    const { registry, store, clock } = start();
    const { pending } = clock;
    await registry.open();
    store.open = () => Promise.resolve();
    await registry.open();
    store.open = () => Promise.reject(failure('FORBIDDEN'));
    await expect(registry.open()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(clock.pending).toBe(pending);
  });
});
