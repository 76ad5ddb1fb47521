/** @servers elasticsearch-9 elasticsearch-7 opensearch */
import * as fc from 'fast-check';
import { randomInt } from 'node:crypto';
import type { ElasticsearchRequest } from '../../../lib/store/elasticsearch/request.js';
import { ElasticsearchSequenceStore } from '../../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import { clientOf, ElasticsearchDouble, failure, replyOf } from '../../support/elasticsearch-double.js';
import { onRealServers } from '../../support/on-real-servers.js';
import { blockSizes, event, play, stories } from '../../support/random-processes.js';
import { faults, ScheduledServers, type Send } from '../../support/scheduled-servers.js';
import { temporaryAliases } from '../../support/temporary-aliases.js';

/**
 * Random stories over the real ElasticsearchSequenceStore: on a double with every fault, and on real servers.
 * double-answers.spec.ts compares the answers of the two. RUNS=100000 tells more; a failure prints its seed and path, SEED
 * repeats a run.
 */
const RUNS = Number(process.env['RUNS'] ?? 1_000);
const SEED = Number(process.env['SEED'] ?? randomInt(2 ** 31));
/** Stories on a real server take their time. */
const REAL_RUNS = Math.ceil(RUNS / 100);

const strategies = fc.constantFrom<('auto' | 'script' | 'cas')[][]>(
  ['auto'],
  ['cas'],
  ['auto', 'cas', 'auto'],
);

const options = fc.record({
  blockSize: blockSizes,
  timeout: fc.constant(5_000),
  closeTimeout: fc.constant(1_000),
});

describe.each([
  ['with Painless', true],
  ['without Painless', false],
])('On the double %s', (_, scripted) => {
  it(`no id twice, whatever happens: ${RUNS / 2} stories (seed ${SEED})`, async () => {
    let double = new ElasticsearchDouble(scripted);
    let copy: string | undefined;
    const index = 'counters';
    const events = [
      event('deleteDocument', () => double.deleteDocument(index, 'orders')),
      event('deleteIndex', () => double.deleteIndex(index)),
      event('snapshot', () => double.takeSnapshot(index)),
      event('restore', () => double.restore(false)),
      event('delete and restore', () => double.restore(true)),
      event('failover', () => double.failover(index)),
      event('reindex', () => (copy = double.reindex(index))),
      event('switch', () => {
        // A copy is used once: two used in turn are beyond what the library promises.
        if (copy !== undefined) double.switchAlias(index, copy);
        copy = undefined;
      }),
    ];
    await fc.assert(
      fc.asyncProperty(
        stories(events),
        fc.scheduler(),
        faults,
        strategies,
        options,
        fc.nat(),
        async (commands, scheduler, plan, order, given, seed) => {
          double = new ElasticsearchDouble(scripted);
          copy = undefined;
          const servers = new ScheduledServers(
            (params) => double.handle(params),
            scheduler,
            [...plan],
            { index, strategies: [...order], mayHarm: true },
            (epoch) => double.lifeOf(epoch),
          );
          await play(commands, servers, scheduler, given, seed);
        },
      ),
      { numRuns: RUNS / 2, seed: SEED },
    );
  }, 3_600_000);

  it(`no identity is doubted while only answers get lost: ${RUNS / 4} stories (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        stories(),
        fc.scheduler(),
        faults,
        strategies,
        options,
        fc.nat(),
        async (commands, scheduler, plan, order, given, seed) => {
          const double = new ElasticsearchDouble(scripted);
          const servers = new ScheduledServers(
            (params) => double.handle(params),
            scheduler,
            [...plan],
            { index: 'counters', strategies: [...order], mayHarm: false },
            (epoch) => double.lifeOf(epoch),
          );
          await play(commands, servers, scheduler, given, seed);
        },
      ),
      { numRuns: RUNS / 4, seed: SEED },
    );
  }, 3_600_000);
});

describe('ElasticsearchSequenceStore', () => {
  const { signal } = new AbortController();
  const claim = { name: 'orders', count: 10, start: 1, signal };

  function open(double: ElasticsearchDouble, answer: Send = (params) => double.handle(params)) {
    return new ElasticsearchSequenceStore({ client: clientOf(answer), index: 'counters' });
  }

  it('verifies the index anew when the alias has moved before the first contact, and creates only then', async () => {
    for (const scripted of [true, false]) {
      const double = new ElasticsearchDouble(scripted);
      const store = open(double);
      await store.open(signal);
      const old = Object.keys(double.handle({ method: 'GET', path: '/counters' }).body)[0]!;
      double.switchAlias('counters', double.reindex('counters')!);
      double.deleteIndex(old);
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT', ambiguous: false });
      expect(await store.claim(claim)).toMatchObject({ first: 1, last: 10 });
      expect(await open(double).claim(claim)).toMatchObject({ first: 11, last: 20 });
    }
  });

  it('hands out nothing of an index that was not verified, though the counter is there', async () => {
    for (const scripted of [true, false]) {
      const double = new ElasticsearchDouble(scripted);
      await open(double).claim(claim);
      const store = open(double);
      await store.open(signal);
      double.switchAlias('counters', double.reindex('counters')!);
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT', ambiguous: true });
    }
  });

  it('creates no counter where none is that it knows: the index may stand in for a lost one', async () => {
    const double = new ElasticsearchDouble(true);
    const store = open(double);
    await store.claim(claim);
    double.deleteIndex('counters');
    await open(double).claim({ ...claim, name: 'shipments' });
    const invoices = { ...claim, name: 'invoices' };
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'VANISHED', sequence: 'invoices' });
    // However often it claims there what it did not know.
    for (const first of [11, 21]) {
      expect(await store.claim({ ...claim, name: 'shipments' })).toMatchObject({ first });
    }
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'VANISHED' });
  });

  it('creates counters in a new index once a counter of its own was fenced there', async () => {
    const double = new ElasticsearchDouble(true);
    const store = open(double);
    await store.claim(claim);
    double.switchAlias('counters', double.reindex('counters')!);
    await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
    const invoices = { ...claim, name: 'invoices' };
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'CONFLICT' });
    await expect(store.claim(invoices)).rejects.toMatchObject({ code: 'VANISHED' });
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT', dropsCache: true });
    expect(await store.claim(invoices)).toMatchObject({ first: 1 });
  });

  it('is not told by a late look for the alias that what it learned meanwhile is gone', async () => {
    const double = new ElasticsearchDouble(true);
    let answer: (() => void) | undefined;
    const store = open(double, async (params) => {
      const reply = double.handle(params);
      if (params.path === '/counters' && answer === undefined) {
        await new Promise<void>((resolve) => (answer = resolve));
      }
      return reply;
    });
    const impatient = new AbortController();
    const given = store.claim({ ...claim, signal: impatient.signal }).catch((error: unknown) => error);
    const patient = store.claim({ ...claim, name: 'invoices' }).catch((error: unknown) => error);
    await new Promise((resolve) => setImmediate(resolve));
    await open(double).claim({ ...claim, name: 'shipments' });
    impatient.abort();
    await given;
    answer!();
    expect(await patient).toMatchObject({ first: 1 });
    expect(await store.claim(claim)).toMatchObject({ first: 1 });
  });

  it('goes on after a fence, a restore of the time before and another fence', async () => {
    for (const scripted of [true, false]) {
      const double = new ElasticsearchDouble(scripted);
      const [store, operator] = [open(double), open(double)];
      await store.claim(claim);
      double.takeSnapshot('counters');
      await operator.fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
      const { last: above } = await store.claim(claim);
      double.restore(true);
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      const { last } = await operator.fence({ name: 'orders', jump: 1_000, above, epoch: 'fence-2', signal });
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
      expect(await store.claim(claim)).toMatchObject({ first: last + 1 });
      expect(await operator.claim(claim)).toMatchObject({ first: last + 11 });
    }
  });

  it.each([true, false])(
    'goes back to no copy from before a fence it followed (history read: %s)',
    async (historyCheck) => {
      const double = new ElasticsearchDouble(true);
      await open(double).claim({ ...claim, name: 'shipments' });
      double.handle({
        method: 'PUT',
        path: '/counters/_create/orders',
        body: { name: 'orders', iid: 30, epoch: 'e' },
      });
      const client = clientOf((params) => double.handle(params));
      const store = new ElasticsearchSequenceStore({ client, index: 'counters', historyCheck });
      await store.claim(claim);
      const copy = double.reindex('counters')!;
      await open(double).claim(claim);
      await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
      double.switchAlias('counters', copy);
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    },
  );

  it('refuses the counter after a fence that was never acknowledged, until it is fenced again', async () => {
    const double = new ElasticsearchDouble(true);
    const store = open(double);
    await store.claim(claim);
    double.takeSnapshot('counters');
    await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
    double.failoverToSnapshot();
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    const { last } = await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-2', signal });
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await store.claim(claim)).toMatchObject({ first: last + 1 });
  });

  it('accepts nothing of a counter whose fence a delayed write undid', async () => {
    const double = new ElasticsearchDouble(false);
    await open(double).claim({ ...claim, name: 'shipments' });
    // As lovely.essequence wrote it: no epoch, no stamp.
    const body = { name: 'orders', iid: 30 };
    double.handle({ method: 'PUT', path: '/counters/_create/orders', body });
    let late: ElasticsearchRequest | undefined;
    const answer: Send = (params) => {
      if (!params.path.includes('_update')) return double.handle(params);
      late = params;
      return failure(503, 'unavailable_shards_exception', 'no answer');
    };
    const slow = new ElasticsearchSequenceStore({
      client: clientOf(answer),
      index: 'counters',
      strategy: 'cas',
    });
    await expect(slow.claim(claim)).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    const running = open(double);
    await running.claim(claim);
    double.switchAlias('counters', double.reindex('counters')!);
    await open(double).fence({ name: 'orders', jump: 1_000, epoch: 'fence-1', signal });
    await expect(running.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
    await running.claim(claim);
    // By chance, or by patience, the counter has the _seq_no and the term again that the late update has read.
    const { _seq_no, _primary_term } = double.handle({ method: 'GET', path: '/counters/_doc/orders' }).body;
    const querystring = { ...late!.querystring, if_seq_no: _seq_no, if_primary_term: _primary_term };
    const { status } = double.handle({ ...late!, querystring } as ElasticsearchRequest);
    expect(status).toBe(200);
    for (const store of [running, open(double)]) {
      await expect(store.claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    }
  });

  it('refuses a counter it never used in an index whose primary term fell, until it is fenced', async () => {
    const double = new ElasticsearchDouble(true);
    const unreadable: Send = (params) =>
      params.path.includes('_stats')
        ? failure(403, 'security_exception', 'unauthorized')
        : double.handle(params);
    const invoices = { ...claim, name: 'invoices' };
    await open(double, unreadable).claim(invoices);
    const store = open(double, unreadable);
    await store.claim(claim);
    double.takeSnapshot('counters');
    for (let failovers = 0; failovers < 2; failovers++) double.failover('counters');
    await store.claim(claim);
    // After a deletion the term goes on from the snapshot's.
    double.restore(true);
    await expect(store.claim(invoices)).rejects.toMatchObject({
      code: 'REGRESSED',
      message: expect.stringContaining('_primary_term in'),
    });
    const { last } = await store.fence({ name: 'invoices', jump: 1_000, epoch: 'fence-1', signal });
    expect(await store.claim(invoices)).toMatchObject({ first: last + 1 });
    expect(await store.claim({ ...claim, name: 'shipments' })).toMatchObject({ first: 1 });
  });

  it('refuses a counter it used before its index had the primary term that fell', async () => {
    const double = new ElasticsearchDouble(true);
    const unreadable: Send = (params) =>
      params.path.includes('_stats')
        ? failure(403, 'security_exception', 'unauthorized')
        : double.handle(params);
    const invoices = { ...claim, name: 'invoices' };
    const store = open(double, unreadable);
    await store.claim(invoices);
    double.takeSnapshot('counters');
    await open(double, unreadable).claim(invoices);
    for (let failovers = 0; failovers < 2; failovers++) double.failover('counters');
    await store.claim(claim);
    // What the other process drew is gone, and this one did not see it: only the term tells.
    double.restore(true);
    await expect(store.claim(invoices)).rejects.toMatchObject({
      code: 'REGRESSED',
      message: expect.stringContaining('_primary_term in'),
    });
    const { last } = await store.fence({ name: 'invoices', jump: 1_000, epoch: 'fence-1', signal });
    expect(await store.claim(invoices)).toMatchObject({ first: last + 1 });
  });

  it('tells the operator of a restore that overtook the fence; the next fence repairs', async () => {
    const double = new ElasticsearchDouble(true);
    const store = open(double);
    await store.claim(claim);
    double.takeSnapshot('counters');
    const operator = open(double, (params) => {
      if (params.path.includes('_update')) double.restore(false);
      return double.handle(params);
    });
    const fence = { name: 'orders', jump: 1_000, signal };
    await expect(operator.fence({ ...fence, epoch: 'fence-1' })).rejects.toMatchObject({
      code: 'IDENTITY_CHANGED',
      message: expect.stringContaining('restored while it was fenced'),
    });
    await expect(open(double).claim(claim)).rejects.toMatchObject({ code: 'IDENTITY_CHANGED' });
    await expect(open(double).fence({ ...fence, epoch: 'fence-1' })).rejects.toMatchObject({
      code: 'IDENTITY_CHANGED',
    });
    const { last } = await open(double).fence({ ...fence, epoch: 'fence-2' });
    await expect(store.claim(claim)).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await store.claim(claim)).toMatchObject({ first: last + 1 });
  });
});

onRealServers(({ client }) => {
  const alias = temporaryAliases(client);
  afterAll(async () => {
    await client.close();
  });

  it(`the same stories end as well: ${REAL_RUNS} stories (seed ${SEED})`, async () => {
    await fc.assert(
      fc.asyncProperty(
        stories(),
        fc.scheduler(),
        faults,
        strategies,
        options,
        fc.nat(),
        async (commands, scheduler, plan, order, given, seed) => {
          const servers = new ScheduledServers(
            (params) => replyOf(client, params),
            scheduler,
            [...plan],
            { index: alias(), strategies: [...order], mayHarm: false },
            () => 'the only one',
          );
          await play(commands, servers, scheduler, given, seed);
        },
      ),
      { numRuns: REAL_RUNS, seed: SEED, endOnFailure: true },
    );
  }, 3_600_000);
});
