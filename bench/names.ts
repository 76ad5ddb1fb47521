import { temporaryAlias } from '../test/support/elasticsearch-clients.js';
import { start } from './contenders.js';
import { openSequence, type Place, removePlace } from './elasticsearch-sequence.js';
import { type Effort, type Result, type Row, short } from './row.js';

const CALLS_AT_ONCE = 100;

interface Drawn {
  bytes: number;
  bytesAfterDraw: number;
  seconds: number;
  mostAtOnce: number;
  requests: number;
  alone: number;
}

export const contenders = {
  async sequences({ place, names }: { place: Place; names: number }): Promise<Drawn> {
    const { registry, requests, close } = openSequence(place, { timeout: 120_000 });
    const claim = registry.store.claim.bind(registry.store);
    let running = 0;
    let mostAtOnce = 0;
    let times: number[] = [];
    registry.store.claim = async (request) => {
      const begun = performance.now();
      mostAtOnce = Math.max(mostAtOnce, ++running);
      return claim(request).finally(() => {
        running--;
        times.push(performance.now() - begun);
      });
    };
    for (let warm = 0; warm < 20; warm++) await registry.get(`warm-${warm}`).next();
    const alone = times.reduce((sum, each) => sum + each, 0) / times.length;
    times = [];
    const empty = memory();
    for (let each = 0; each < names; each++) registry.get(`orders-${each}`);
    const made = memory();
    const begun = performance.now();
    const before = requests();
    let drawn = 0;
    await Promise.all(
      Array.from({ length: CALLS_AT_ONCE }, async () => {
        while (drawn < names) await registry.get(`orders-${drawn++}`).next();
      }),
    );
    const seconds = (performance.now() - begun) / 1_000;
    times = [];
    const after = memory();
    const sent = requests() - before;
    await close();
    return {
      bytes: (made - empty) / names,
      bytesAfterDraw: (after - empty) / names,
      seconds,
      mostAtOnce,
      requests: sent,
      alone,
    };
  },
};

function memory(): number {
  for (let time = 0; time < 3; time++) globalThis.gc!();
  return process.memoryUsage().heapUsed;
}

export const names: Row = {
  title: '10,000 sequence names in one process, one id each',
  async run({ quick, servers }: Effort): Promise<Result> {
    const names = quick ? 1_000 : 10_000;
    const url = await servers.url('elasticsearch-9');
    const place: Place = { kind: 'elasticsearch-9', url, index: temporaryAlias() };
    const drawn = await start<Drawn>(import.meta.url, 'sequences', { place, names }).result;
    await removePlace(place);
    const serial = (names * drawn.alone) / 1_000;
    return {
      figures: [
        {
          what: 'bytes of heap per name, before and after its first id',
          target: '',
          measured: `${short(drawn.bytes)} and ${short(drawn.bytesAfterDraw)}`,
        },
        {
          what: `first ids of ${names.toLocaleString('en')} names, ${CALLS_AT_ONCE} callers`,
          target: 'claims not serial',
          measured: `${drawn.seconds.toFixed(1)} s, up to ${drawn.mostAtOnce} claims at once, ${short(drawn.requests)} requests; one after the other they would take ${serial.toFixed(1)} s`,
          met: drawn.mostAtOnce > 1,
        },
      ],
    };
  },
};
