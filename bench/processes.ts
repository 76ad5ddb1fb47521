import { temporaryAlias } from '../test/support/elasticsearch-clients.js';
import { say, start, told } from './contenders.js';
import { openSequence, type Place, removePlace } from './elasticsearch-sequence.js';
import { type Effort, median, type Result, type Row, short, spread } from './row.js';
import { rateSince, saturate } from './saturate.js';
import { steadyLoad } from './steady-load.js';

const PROCESSES = [1, 2, 4, 8];
/** Milliseconds at the start that do not count: blocks grow. */
const COLD = 1_000;
/** What each process draws in the paced half of the row. */
const PACE = 5_000;

interface Task {
  place: Place;
  milliseconds: number;
  perSecond?: number;
}

interface Drawn {
  idsPerSecond: number;
  requestsPerSecond: number;
  failed: number;
}

export const contenders = {
  async sequence({ place, milliseconds, perSecond }: Task): Promise<Drawn> {
    const { sequence, requests, close } = openSequence(place, { timeout: 30_000 });
    await sequence.next({ timeout: 60_000 });
    say('ready');
    await told();
    let before = 0;
    setTimeout(() => (before = requests()), COLD);
    let failed = 0;
    let idsPerSecond: number;
    if (perSecond === undefined) {
      const samples = await saturate(
        () => sequence.next(),
        milliseconds,
        () => failed++,
      );
      idsPerSecond = rateSince(samples, COLD);
    } else {
      const drawn = await steadyLoad(() => sequence.next(), { perSecond, milliseconds, warmUp: 0 });
      idsPerSecond = (drawn.calls * 1_000) / milliseconds;
      failed = drawn.failed;
    }
    const requestsPerSecond = ((requests() - before) * 1_000) / (milliseconds - COLD);
    await close();
    return { idsPerSecond, requestsPerSecond, failed };
  },
};

export const processes: Row = {
  title: '1, 2, 4 and 8 processes on one counter',
  async run({ quick, rounds, servers }: Effort): Promise<Result> {
    const milliseconds = quick ? 3_000 : 6_000;
    const url = await servers.url('elasticsearch-9');
    const together = async (count: number, perSecond?: number): Promise<Drawn> => {
      const place: Place = { kind: 'elasticsearch-9', url, index: temporaryAlias() };
      const task: Task = { place, milliseconds, ...(perSecond !== undefined && { perSecond }) };
      const running = Array.from({ length: count }, () => start<Drawn>(import.meta.url, 'sequence', task));
      await Promise.all(running.map((each) => each.heard()));
      for (const each of running) each.send('go');
      const drawn = await Promise.all(running.map(({ result }) => result));
      await removePlace(place);
      const sum = (of: keyof Drawn) => drawn.reduce((total, each) => total + each[of], 0);
      return {
        idsPerSecond: sum('idsPerSecond'),
        requestsPerSecond: sum('requestsPerSecond'),
        failed: sum('failed'),
      };
    };
    const rows: string[][] = [];
    const requests: Record<number, number> = {};
    const ids: Record<number, number> = {};
    const ends: [number, number][] = [];
    for (const count of PROCESSES) {
      const flat: Drawn[] = [];
      for (let round = 0; round < Math.min(rounds, 2); round++) flat.push(await together(count));
      const paced = await together(count, PACE);
      ids[count] = median(flat.map(({ idsPerSecond }) => idsPerSecond));
      requests[count] = median(flat.map(({ requestsPerSecond }) => requestsPerSecond));
      ends.push([ids[count]!, requests[count]!]);
      rows.push([
        String(count),
        spread(flat.map(({ idsPerSecond }) => idsPerSecond)),
        spread(flat.map(({ requestsPerSecond }) => requestsPerSecond)),
        short((requests[count]! * 1e6) / ids[count]!),
        short(paced.idsPerSecond),
        short(paced.requestsPerSecond),
        String(paced.failed + flat.reduce((total, each) => total + each.failed, 0)),
      ]);
    }
    return {
      figures: [
        {
          what: 'requests/s at saturation, 8 processes against 1',
          target: 'flat: as ids/s, or less than 10 per million ids',
          measured: `${short(requests[8]!)} against ${short(requests[1]!)}, at ${short(ids[8]!)} against ${short(ids[1]!)} ids/s`,
          met: ends.every(([drawn, sent]) => (sent * 1e6) / drawn <= 10),
        },
      ],
      tables: [
        {
          head: [
            'processes',
            'ids/s at saturation',
            'requests/s',
            'requests per million ids',
            `ids/s at ${PACE.toLocaleString('en')} each`,
            'requests/s',
            'calls failed',
          ],
          rows,
        },
      ],
      notes: [
        'At saturation each block is as large as blocks get (1,000,000), so requests/s follow ids/s there; below it they follow the number of processes, whatever each draws.',
      ],
    };
  },
};
