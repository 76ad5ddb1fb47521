import { describe, expect, it } from '@jest/globals';
import { IdleSweep } from '../../lib/core/idle-sweep.js';
import type { SequenceCore } from '../../lib/core/sequence-core.js';

const NAMES = 2_500;
const IDLE = 1_000;

/** A sweep over names of which each was used once, on a clock whose turns are counted. */
function start() {
  const cores = new Map(
    Array.from({ length: NAMES }, (_, name) => [`tenant-${name}`, { uses: 1 } as SequenceCore]),
  );
  let now = 0;
  let due: (() => void) | undefined;
  const turns: (() => void)[] = [];
  const clock = {
    now: () => now,
    after: (_: number, callback: () => void) => {
      due = callback;
      return () => {};
    },
    soon: (callback: () => void) => void turns.push(callback),
    random: () => 0,
  };
  const asleep: string[] = [];
  const sweep = new IdleSweep(cores, IDLE, clock, (name) => {
    asleep.push(name);
    cores.delete(name);
  });
  sweep.start();
  /** One sweep: how many names fell asleep in each of its turns. */
  const pass = (milliseconds: number) => {
    now += milliseconds;
    turns.push(due!);
    due = undefined;
    const each: number[] = [];
    for (let turn = turns.shift(); turn !== undefined; turn = turns.shift()) {
      const before = asleep.length;
      turn();
      each.push(asleep.length - before);
    }
    return each;
  };
  return { cores, pass, rests: () => due === undefined };
}

describe('The sweep for idle names', () => {
  it('looks at a thousand of them in one turn of the event loop', () => {
    const { pass } = start();
    expect(pass(IDLE / 4)).toEqual([0, 0, 0]);
    expect(pass(IDLE)).toEqual([1_000, 1_000, 500]);
  });

  it('rests when no name is awake: those asleep cost nothing', () => {
    const { cores, pass, rests } = start();
    pass(IDLE / 4);
    pass(IDLE);
    expect(cores.size).toBe(0);
    expect(rests()).toBe(true);
  });
});
