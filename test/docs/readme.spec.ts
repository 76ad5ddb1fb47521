import { describe, expect, it } from '@jest/globals';
import { fencesOf, read } from '../support/pages.js';

const readme = read('README.md');

describe('README', () => {
  it('is read in one sitting', () => {
    expect(readme.trimEnd().split('\n').length).toBeLessThanOrEqual(250);
  });

  it('shows the unit test that this file runs', () => {
    expect(fencesOf(readme).map(({ file }) => file)).toContain('test/docs/readme/unit.ts');
  });
});

await import('./readme/unit.js');
