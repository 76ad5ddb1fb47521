import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { MUTANTS } from './mutants.js';

/** `npm run mutations` takes too long for every change; this much of it does not. */
describe('The table of mutants', () => {
  it('names only code that is there', () => {
    const stale = MUTANTS.filter(({ file, find, replace }) => {
      const code = readFileSync(new URL(`../../lib/${file}`, import.meta.url), 'utf8');
      return code.replace(find, replace) === code;
    });
    expect(stale.map(({ guard }) => guard)).toEqual([]);
  });

  it('names each guard once', () => {
    const guards = MUTANTS.map(({ guard }) => guard);
    expect(guards.filter((guard, index) => guards.indexOf(guard) !== index)).toEqual([]);
  });
});
