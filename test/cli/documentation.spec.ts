import { expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { FINDING_CODES } from '../../lib/cli/finding.js';
import { METRICS } from '../../lib/integrations/opentelemetry/metric-names.js';

const page = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');

it('the documentation lists the codes of doctor, each with what it is about', () => {
  const [, table = ''] = page.split('<!-- doctor-codes -->');
  const rows = [...table.split('\n## ')[0]!.matchAll(/^\| `([A-Z_]+)`\s*\| (.*?)\s*\|$/gm)];
  expect(Object.fromEntries(rows.map(([, code, about]) => [code, about]))).toEqual(FINDING_CODES);
});

it('the documentation names every metric, and no other', () => {
  const named = new Set([...page.matchAll(/`(essequence\.[a-z_.]+)`/g)].map(([, name]) => name!));
  named.delete('essequence.definition');
  expect([...named].toSorted()).toEqual(
    Object.values(METRICS)
      .map(({ name }) => name)
      .toSorted(),
  );
});
