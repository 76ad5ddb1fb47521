/** @servers elasticsearch-9 */
import { describe, expect, it } from '@jest/globals';
import { FaultySequenceStore } from '../../lib/testing.js';
import { serverUrl } from '../support/declared-servers.js';
import { fencesOf, read } from '../support/pages.js';

const SNIPPETS = ['e2e', 'override-provider', 'integration', 'faults', 'contract'];

const page = read('docs/testing.md');

describe('The page "Testing"', () => {
  it('shows the unit test of README, and the files that this test runs', () => {
    const shown = fencesOf(page).map(({ file }) => file);
    expect(shown).toEqual([
      'test/docs/readme/unit.ts',
      ...SNIPPETS.map((name) => `test/docs/testing/${name}.ts`),
    ]);
  });

  it('names every fault there is', () => {
    const faults = Object.getOwnPropertyNames(FaultySequenceStore.prototype).filter(
      (name) => !['constructor', 'claim', 'ensureAtLeast', 'fence', 'pendingFaults'].includes(name),
    );
    const named = [...(page.split('## When the store fails')[1] ?? '').matchAll(/^\| `(\w+)\(/gm)].map(
      ([, name]) => name,
    );
    expect(named.toSorted()).toEqual(faults.toSorted());
  });
});

const node = process.env['ELASTICSEARCH_NODE'] ?? serverUrl('elasticsearch-9');
if (node !== undefined) process.env['ELASTICSEARCH_NODE'] = node;
for (const name of SNIPPETS) {
  if (name === 'integration' && node === undefined) {
    it.skip('counts in Elasticsearch', () => {});
  } else {
    await import(`./testing/${name}.ts`);
  }
}
