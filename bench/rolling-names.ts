import { readFileSync } from 'node:fs';
import { say, start } from './contenders.js';
import { draw, drawAgain, forgetfulClient, heap, TARGET } from './idle-names.js';
import { type Effort, type Result, type Row, short } from './row.js';
import { ElasticsearchSequenceStore, resolveOptions, SequenceRegistry } from './shipped.js';

const MINUTE = 60_000;
/** Milliseconds between two looks at how many names are due. */
const TICK = 10;
/** How often the heap is weighed on the way. */
const LOOKS = 12;
/** Names a second that wake, in milliseconds of an hour or of what stands for it, while all others sleep. */
const WOKEN = { perSecond: 300, share: 1 / 30 };

interface Task {
  names: number;
  /** Milliseconds over which they are used first, evenly. */
  over: number;
  idleTime: number;
}

interface Look {
  minutes: number;
  names: number;
  /** Bytes of heap after full collections, for each name used so far. */
  bytes: number;
  awake: number;
  /** The longest since the look before, without the weighing. */
  pause: Pause;
}

/** How long the event loop stood still, in milliseconds. */
interface Pause {
  all: number;
  /** Without the time in which other programs had the processors. */
  own: number;
}

interface Rolled {
  looks: Look[];
  /** When all names slept. */
  asleep: Look;
  /** The longest pause while some of them woke and fell asleep again. */
  wakingPause: Pause;
}

export const contenders = {
  async roll({ names, over, idleTime }: Task): Promise<Rolled> {
    const store = new ElasticsearchSequenceStore({ client: forgetfulClient(), index: 'sequences' });
    const registry = new SequenceRegistry(store, resolveOptions({ idleTime, maxSequences: 2 * names }));
    await registry.get('tenant:warm').next();
    const empty = await heap();
    let begun = performance.now();
    let longestPause = watchPauses();
    let used = 0;
    const look = async (): Promise<Look> => {
      const pause = longestPause();
      const awake = countAwake(registry);
      const minutes = (performance.now() - begun) / MINUTE;
      const bytes = ((await heap()) - empty) / used;
      // No names fall due while the heap is weighed, or they would all come at once.
      begun = performance.now() - minutes * MINUTE;
      longestPause = watchPauses();
      const seen = { minutes, names: used, bytes, awake, pause };
      say(seen);
      return seen;
    };
    const looks: Look[] = [];
    while (used < names) {
      await sleep(TICK);
      const due = Math.min(names, Math.floor((names * (performance.now() - begun)) / over));
      await Promise.all(Array.from({ length: due - used }, (_, index) => draw(registry, used + index)));
      used = due;
      if (used >= ((looks.length + 1) * names) / LOOKS) looks.push(await look());
    }
    while (countAwake(registry) > 0) await sleep(idleTime / 4);
    const asleep = await look();

    const woken = Math.min(names, Math.round((WOKEN.perSecond * over * WOKEN.share) / 1_000));
    for (let name = 0; name < woken; name++) {
      // Spread over all, so that none is the neighbour of the one before.
      await drawAgain(registry, Math.floor((name * names) / woken));
      if (name % (WOKEN.perSecond / 100) === 0) await sleep(TICK);
    }
    const wakingPause = longestPause();
    await registry.close();
    return { looks, asleep, wakingPause };
  },
};

/** Costs one step for each name that is awake, none for those asleep. */
function countAwake({ readings }: InstanceType<typeof SequenceRegistry>): number {
  return [...readings.usedWithin(Infinity)].length;
}

/** Returns how to end it: that tells the longest pause. */
function watchPauses(): () => Pause {
  const longest: Pause = { all: 0, own: 0 };
  let [seenAt, seenWaiting] = [performance.now(), waitedForProcessor()];
  const timer = setInterval(() => {
    const [now, waiting] = [performance.now(), waitedForProcessor()];
    const all = now - seenAt - TICK;
    longest.all = Math.max(longest.all, all);
    longest.own = Math.max(longest.own, all - (waiting - seenWaiting));
    [seenAt, seenWaiting] = [now, waiting];
  }, TICK);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

/** Milliseconds in which this thread could have run but for other programs. Linux tells, elsewhere it is 0. */
function waitedForProcessor(): number {
  try {
    const [, nanoseconds] = readFileSync('/proc/self/schedstat', 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return 0;
  }
}

function longestOf(pauses: readonly Pause[]): string {
  const [all, own] = [pauses.map((pause) => pause.all), pauses.map((pause) => pause.own)];
  return `${short(Math.max(...all))} ms, of it at most ${short(Math.max(...own))} ms its own`;
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

export const rollingNames: Row = {
  title: 'Ever new names, each used once',
  async run({ quick, hour }: Effort): Promise<Result> {
    const task: Task = quick
      ? { names: 20_000, over: 3_000, idleTime: 1_000 }
      : { names: 1_000_000, over: hour ? 60 * MINUTE : 5 * MINUTE, idleTime: hour ? MINUTE : 1_000 };
    const running = start<Rolled>(import.meta.url, 'roll', task);
    for (let looked = 0; looked <= LOOKS; looked++) {
      const look = await running.heard<Look>();
      if (hour) process.stdout.write(`  ${JSON.stringify(look)}\n`);
    }
    const { looks, asleep, wakingPause } = await running.result;
    const names = task.names.toLocaleString('en');
    const most = Math.max(...looks.map(({ bytes }) => bytes));
    const time = quick ? '3 seconds' : hour ? 'one hour' : '5 minutes';
    return {
      figures: [
        {
          what: `bytes of heap per name, ${names} names used once each over ${time}, all asleep at the end`,
          target: `at most ${TARGET}`,
          measured: short(asleep.bytes),
          met: asleep.bytes <= TARGET,
        },
        {
          what: 'most of them awake at once, at the looks on the way',
          target: '',
          measured: short(Math.max(...looks.map(({ awake }) => awake))),
        },
        {
          what: 'bytes per name used so far, at most, with those that were awake',
          target: '',
          measured: short(most),
        },
        {
          what: 'longest pause of the event loop meanwhile',
          target: '',
          measured: longestOf(looks.map(({ pause }) => pause)),
        },
        {
          what: `the same while ${names} names slept and ${WOKEN.perSecond} a second woke`,
          target: '',
          measured: longestOf([wakingPause]),
        },
      ],
      tables: [
        {
          head: ['minutes', 'names used', 'bytes per name', 'awake', 'longest pause, ms', 'its own'],
          rows: [...looks, asleep].map((look) => [
            look.minutes.toFixed(1),
            look.names.toLocaleString('en'),
            look.bytes.toFixed(0),
            look.awake.toLocaleString('en'),
            look.pause.all.toFixed(0),
            look.pause.own.toFixed(0),
          ]),
        },
      ],
      notes: [
        `Names fall asleep by themselves, ${task.idleTime / 1_000} s after their use. Heap after full collections; the pauses of these are left out. A pause is its own without the time in which other programs had the processors (Linux tells).`,
        'The server is a double that remembers no counter, as in the row before. A name that wakes goes on with the next id and without a request.',
        ...(hour ? [] : ['`npm run bench -- --only rollingNames --hour` takes an hour over the same names.']),
      ],
    };
  },
};
