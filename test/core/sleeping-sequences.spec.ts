import { describe, expect, it, jest } from '@jest/globals';
import { Figures } from '../../lib/core/figures.js';
import { type Periods, SleepingSequences } from '../../lib/core/sleeping-sequences.js';

const NAMES = 10_000;

function row(highest = 1) {
  const figures = new Figures('tenants');
  return { ranges: undefined, highest, ensured: 0, epoch: undefined, contacted: true, figures };
}

/** The counters of many tenants, half of them of 2026 and half of 2027, which are over from `present.year` on. */
function start() {
  const present = { year: '2026' };
  const of = jest.fn<Periods['of']>((name) => name.split('~')[1]);
  const isOver = jest.fn<Periods['isOver']>((period) => period < present.year);
  const asleep = new SleepingSequences({ of, isOver });
  for (let tenant = 0; tenant < NAMES; tenant++) asleep.add(`${tenant}~${2026 + (tenant % 2)}`, row());
  of.mockClear();
  return { present, of, isOver, asleep };
}

describe('The rows of names that sleep', () => {
  it('are counted by a look at each period, not at each row', () => {
    const { of, isOver, asleep, present } = start();
    expect(asleep.counted(NAMES - 1)).toBe(NAMES);
    expect(asleep.counted(NAMES - 1)).toBe(NAMES);
    present.year = '2027';
    expect(asleep.counted(NAMES - 1)).toBe(NAMES / 2);
    expect(of).not.toHaveBeenCalled();
    expect(isOver.mock.calls).toHaveLength(6);
  });

  it('are not looked at while there is room', () => {
    const { isOver, asleep } = start();
    expect(asleep.counted(NAMES)).toBe(NAMES);
    expect(isOver).not.toHaveBeenCalled();
  });

  it('of a period that is over are kept, and wake and sleep again without being counted', () => {
    const { asleep, present } = start();
    present.year = '2027';
    expect(asleep.counted(0)).toBe(NAMES / 2);
    expect(asleep.take('0~2026')).toMatchObject({ highest: 1 });
    expect(asleep.get('0~2026')).toBeUndefined();
    asleep.add('0~2026', row(7));
    asleep.add('new~2026', row());
    expect(asleep.get('0~2026')).toMatchObject({ highest: 7 });
    expect(asleep.counted(0)).toBe(NAMES / 2);
    expect([...asleep.keys()]).toHaveLength(NAMES + 1);
  });

  it('of a period that goes on leave the count when they wake', () => {
    const { asleep, isOver } = start();
    for (let tenant = 0; tenant < NAMES; tenant++) asleep.take(`${tenant}~${2026 + (tenant % 2)}`);
    expect(asleep.take('0~2026')).toBeUndefined();
    expect(asleep.counted(-1)).toBe(0);
    expect(isOver).not.toHaveBeenCalled();
  });

  it('of names without a period are always counted', () => {
    const { asleep, present } = start();
    asleep.add('orders', row());
    present.year = '2028';
    expect(asleep.counted(0)).toBe(1);
    asleep.take('orders');
    expect(asleep.counted(-1)).toBe(0);
  });
});
