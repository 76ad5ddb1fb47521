/** @servers elasticsearch-9 */
import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { FaultySequenceStore } from '../../lib/testing.js';
import { serverUrl } from '../support/declared-servers.js';
import { fencesOf } from '../support/readme.js';

const SNIPPETS = ['unit', 'e2e', 'override-provider', 'integration', 'faults', 'contract'];

const file = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

const section =
  file('../../README.md')
    .split(/^## /m)
    .find((part) => part.startsWith('Testing\n')) ?? '';

describe('The section "Testing" of the README', () => {
  it('shows the files that this test runs, word by word', () => {
    const shown = fencesOf(section).map(({ code }) => code);
    expect(shown).toEqual(SNIPPETS.map((name) => file(`readme-testing/${name}.ts`)));
  });

  it('names every fault there is', () => {
    const faults = Object.getOwnPropertyNames(FaultySequenceStore.prototype).filter(
      (name) => !['constructor', 'claim', 'ensureAtLeast', 'fence', 'pendingFaults'].includes(name),
    );
    const named = [...(section.split('### When the store fails')[1] ?? '').matchAll(/^\| `(\w+)\(/gm)].map(
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
    await import(`./readme-testing/${name}.ts`);
  }
}
