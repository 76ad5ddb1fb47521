import { beforeEach, describe, expect, it } from '@jest/globals';
import { BlockSize } from '../../lib/core/block-size.js';
import { VirtualClock } from '../support/virtual-clock.js';

/** Seconds of demand that a block covers at most. */
const LONGEST = 150;
const RATE = 1_000;

let clock: VirtualClock;

beforeEach(() => {
  clock = new VirtualClock(1);
});

/** A process that drew at a steady rate for ten seconds. */
async function drawing(reserveTime: number, maxWaste = Number.MAX_SAFE_INTEGER): Promise<BlockSize> {
  const size = new BlockSize({ min: 10 }, { reserveTime, maxWaste }, clock);
  size.recordDrawn(0);
  for (let step = 0; step < 1_000; step++) {
    await clock.advance(10);
    size.recordDrawn(RATE / 100);
  }
  return size;
}

describe('A refill', () => {
  it('starts at 1.0 to 1.3 times reserveTime of demand, at random, so that a fleet does not march in step', async () => {
    const size = await drawing(5_000);
    for (const [random, seconds] of [
      [0, 5],
      [0.5, 5.75],
      [0.999999, 6.5],
    ] as const) {
      clock.fixedRandom = random;
      size.accepted(10);
      expect(size.lowWater() / RATE).toBeCloseTo(seconds, 1);
    }
  });

  it('starts at half of maxWaste at most, so that it brings a block worth a claim', async () => {
    const size = await drawing(5_000, 100);
    expect(size.lowWater()).toBe(50);
    expect(size.count(0, 0, 49)).toBe(51);
  });

  it('has no cap on growth per step: whoever waits is served by the next claim', async () => {
    const size = new BlockSize({ min: 10 }, { reserveTime: 5_000, maxWaste: 1e9 }, clock);
    size.recordDrawn(0);
    expect(size.count(1, 1, 0)).toBe(10);
    size.accepted(10);
    expect(size.count(100_000, 1, 0)).toBe(100_000);
  });
});

describe('What contention makes a block cover', () => {
  const loseRaces = (size: BlockSize, races: number) => {
    for (let race = 0; race < races; race++) size.raceLost();
  };

  it('is two and a half minutes of demand at most, however many races were lost', async () => {
    const size = await drawing(5_000);
    expect(size.count(0, 0, 0) / RATE).toBeCloseTo(5, 1);
    loseRaces(size, 4);
    expect(size.count(0, 0, 0) / RATE).toBeCloseTo(20, 1);
    loseRaces(size, 100);
    expect(size.count(0, 0, 0) / RATE).toBeCloseTo(LONGEST, 1);
  });

  it('is a number, however many races were lost before the first claim', () => {
    const size = new BlockSize({ min: 10 }, { reserveTime: 0, maxWaste: 1e9 }, clock);
    size.recordDrawn(1);
    loseRaces(size, 5_000);
    expect(size.count(1, 1, 0)).toBe(10);
  });

  it('is reserveTime when that is longer', async () => {
    const size = await drawing(200_000);
    loseRaces(size, 100);
    expect(size.count(0, 0, 0) / RATE).toBeCloseTo(200, 1);
  });

  it('never keeps callers who wait from getting their ids', async () => {
    const size = await drawing(5_000);
    loseRaces(size, 100);
    expect(size.count(200_000, 1, 0)).toBe(200_000);
  });

  it('is over soon after a claim that took long: one of a minute counts as one of 1.5 s', async () => {
    const size = await drawing(5_000);
    size.accepted(60_000);
    expect(size.count(0, 0, 0) / RATE).toBeCloseTo(LONGEST, 1);
    for (let claim = 0; claim < 9; claim++) size.accepted(10);
    expect(size.count(0, 0, 0) / RATE).toBeLessThan(10);
  });
});
