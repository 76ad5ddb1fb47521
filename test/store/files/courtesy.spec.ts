import { describe, expect, it } from '@jest/globals';
import { Courtesy } from '../../../lib/store/files/courtesy.js';

/** After so many generations of its own, the last one 4. */
function afterFourInARow(): Courtesy {
  const courtesy = new Courtesy();
  expect([1, 2, 3, 4].map((generation) => courtesy.looks(generation))).toEqual([false, false, false, true]);
  return courtesy;
}

describe('The courtesy of who wins every race', () => {
  it('leaves one attempt to others whom it sees preparing theirs', () => {
    const courtesy = afterFourInARow();
    courtesy.notice(['1c-a']);
    expect([courtesy.yields(), courtesy.yields()]).toEqual([true, false]);
    expect(courtesy.looks(5)).toBe(false);
  });

  it('leaves none where nobody else is', () => {
    const courtesy = afterFourInARow();
    courtesy.notice([]);
    expect(courtesy.yields()).toBe(false);
  });

  it('takes what stays there for left behind', () => {
    const courtesy = afterFourInARow();
    courtesy.notice(['1c-a']);
    courtesy.yields();
    courtesy.notice(['1c-a']);
    expect(courtesy.yields()).toBe(false);
    courtesy.notice(['1c-a', '1c-b']);
    expect(courtesy.yields()).toBe(true);
  });

  it('does not look while others win races as well', () => {
    const courtesy = new Courtesy();
    expect([1, 2, 3, 5, 6, 7, 8].map((generation) => courtesy.looks(generation))).toEqual([
      ...Array<boolean>(6).fill(false),
      true,
    ]);
  });
});
