import { subscribe } from 'node:diagnostics_channel';
import { performance } from 'node:perf_hooks';
import { temporaryAlias } from '../test/support/elasticsearch-clients.js';
import { say, start, told } from './contenders.js';
import { openSequence, type Place, removePlace } from './elasticsearch-sequence.js';
import { duration, type Effort, median, type Result, type Row, short, spread } from './row.js';
import { SERVER_NAMES, type ServerKind } from './servers.js';

const CALLERS = [1, 10, 100, 1_000];
/** Claims that are made alone, one after the other, before anything else. */
const ALONE = 200;
const MOST_CLAIMS = 2;
const LEAST_PER_SECOND = 20_000;
const PROCESSES = 3;
type Kind = Exclude<ServerKind, 'opensearch'>;
/** How many claims a call of one of several processes may take, by the server that the claims are made on. */
const MOST_TOGETHER: Record<Kind, number> = { 'elasticsearch-7': 3, 'elasticsearch-9': 5 };

interface Task {
  place: Place;
  callers: number;
  milliseconds: number;
  /** Whether others begin at the same moment. */
  together: boolean;
}

/** Times are in milliseconds. */
interface Drawn {
  /** Median of a claim that nobody disturbs. */
  claim: number;
  median: number;
  p99: number;
  perSecond: number;
  /** Claims for each thousand numbers. */
  claims: number;
  /** Claims that a thousand calls made in one turn of the event loop cost. */
  burst: number;
  failed: number;
}

export const contenders = {
  async callers({ place, callers, milliseconds, together }: Task): Promise<Drawn> {
    let claims = 0;
    subscribe('nestjs-essequence:claim', () => claims++);
    const { sequence, close } = openSequence(place, { blockSize: 'onDemand', timeout: 30_000 });
    const times: number[] = [];
    let failed = 0;
    const call = async () => {
      const begun = performance.now();
      try {
        await sequence.next();
        times.push(performance.now() - begun);
      } catch {
        failed++;
      }
    };
    // One after the other: those who start together must not disturb this either.
    if (together) await turn();
    for (let warm = 0; warm < ALONE; warm++) await call();
    times.length = 0;
    for (let alone = 0; alone < ALONE; alone++) await call();
    const claim = median(times);
    claims = 0;
    await Promise.all(Array.from({ length: 1_000 }, () => sequence.next()));
    const burst = claims;
    if (together) await turn();
    times.length = 0;
    failed = claims = 0;
    const begun = performance.now();
    await Promise.all(
      Array.from({ length: callers }, async () => {
        while (performance.now() - begun < milliseconds) await call();
      }),
    );
    const seconds = (performance.now() - begun) / 1_000;
    await close();
    const sorted = times.toSorted((one, other) => one - other);
    return {
      claim,
      median: median(times),
      p99: sorted[Math.floor(sorted.length * 0.99)]!,
      perSecond: times.length / seconds,
      claims: (claims * 1_000) / times.length,
      burst,
      failed,
    };
  },
};

async function turn(): Promise<void> {
  say('ready');
  await told();
}

const shown = (milliseconds: number): string => duration(milliseconds * 1e6);
const inClaims = ({ median, claim }: Drawn): number => median / claim;

export const onDemand: Row = {
  title: "blockSize 'onDemand'",
  async run({ quick, rounds, servers }: Effort): Promise<Result> {
    const milliseconds = quick ? 1_000 : 5_000;
    const placeOn = async (kind: ServerKind): Promise<Place> => ({
      kind,
      url: await servers.url(kind),
      index: temporaryAlias(),
    });
    const alone = async (callers: number): Promise<Drawn[]> => {
      const drawn: Drawn[] = [];
      for (let round = 0; round < rounds; round++) {
        const place = await placeOn('elasticsearch-9');
        const task: Task = { place, callers, milliseconds, together: false };
        drawn.push(await start<Drawn>(import.meta.url, 'callers', task).result);
        await removePlace(place);
      }
      return drawn;
    };
    const together = async (kind: Kind): Promise<Drawn[]> => {
      const place = await placeOn(kind);
      const task: Task = { place, callers: 100, milliseconds, together: true };
      const running = Array.from({ length: PROCESSES }, () => start<Drawn>(import.meta.url, 'callers', task));
      for (const each of running) {
        await each.heard();
        each.send('go');
        await each.heard();
      }
      for (const each of running) each.send('go');
      const drawn = await Promise.all(running.map(({ result }) => result));
      await removePlace(place);
      return drawn;
    };

    const rows: string[][] = [];
    const result: Result = { figures: [] };
    for (const callers of CALLERS) {
      const drawn = await alone(callers);
      const all = drawn.map(inClaims);
      const perSecond = drawn.map((each) => each.perSecond);
      result.figures.push({
        what: `${callers.toLocaleString('en')} callers: median of a call, in claims`,
        target: `at most ${MOST_CLAIMS}`,
        measured: spread(all),
        met: median(all) <= MOST_CLAIMS,
      });
      if (callers === 1_000) {
        result.figures.push({
          what: '1,000 callers: numbers/s',
          target: `at least ${LEAST_PER_SECOND.toLocaleString('en')}`,
          measured: spread(perSecond),
          met: median(perSecond) >= LEAST_PER_SECOND,
        });
        result.figures.push({
          what: '1,000 calls in one turn of the event loop: claims',
          target: '',
          measured: spread(drawn.map(({ burst }) => burst)),
        });
      }
      rows.push([
        callers.toLocaleString('en'),
        spread(
          drawn.map(({ claim }) => claim),
          shown,
        ),
        spread(
          drawn.map((each) => each.median),
          shown,
        ),
        spread(
          drawn.map(({ p99 }) => p99),
          shown,
        ),
        spread(drawn.map(({ claims }) => claims)),
        spread(perSecond),
        String(drawn.reduce((sum, { failed }) => sum + failed, 0)),
      ]);
    }
    for (const kind of ['elasticsearch-7', 'elasticsearch-9'] as const) {
      const drawn = await together(kind);
      const all = drawn.map(inClaims);
      const failed = drawn.reduce((sum, each) => sum + each.failed, 0);
      const most = MOST_TOGETHER[kind];
      result.figures.push({
        what: `${PROCESSES} processes of 100 callers, ${SERVER_NAMES[kind]}: median of a call, in claims`,
        target: `at most ${most}, no call fails`,
        measured: `${spread(all)}, ${failed} failed; p99 ${spread(
          drawn.map(({ p99 }) => p99),
          shown,
        )}; ${short(drawn.reduce((sum, { perSecond }) => sum + perSecond, 0))} numbers/s in all`,
        met: median(all) <= most && failed === 0,
      });
    }
    result.tables = [
      {
        head: [
          'callers',
          'a claim alone',
          'median of a call',
          'p99',
          'claims per 1,000 numbers',
          'numbers/s',
          'calls failed',
        ],
        rows,
      },
    ];
    result.notes = [
      'One process on Elasticsearch 9.5.3 in the first figures and the table: each caller draws one number, and the next one as soon as it has it. A claim alone is what one caller waits for when nobody else calls, measured in the same process just before.',
    ];
    return result;
  },
};
