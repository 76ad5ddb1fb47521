import { expect, it } from '@jest/globals';
import { blocksOf, rangesOf } from '../../lib/core/cached-ranges.js';

it.each([
  ['nothing', []],
  ['ids up to the highest one seen', [{ first: 4, last: 10 }]],
  ['ids that end below the highest one seen', [{ first: 4, last: 8 }]],
  ['one id', [{ first: 10, last: 10 }]],
  [
    'ids between which another process claimed',
    [
      { first: 1, last: 3 },
      { first: 7, last: 10 },
    ],
  ],
])('Cached ranges give back %s', (_, blocks) => {
  expect(blocksOf(rangesOf(blocks, 10), 10)).toEqual(blocks);
});
