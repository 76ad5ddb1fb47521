import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { declaredServers, runningServers, serverUrl } from './declared-servers.js';

describe('A spec', () => {
  it.each([
    ['/** @servers opensearch */', ['opensearch']],
    [
      '/**\n * Why.\n *\n * @servers elasticsearch-9 elasticsearch-7\n */',
      ['elasticsearch-9', 'elasticsearch-7'],
    ],
    ['/** No server. */', []],
    ["import { it } from '@jest/globals';", []],
  ])('asks for servers in its first comment: %j', (head, expected) => {
    expect(declared(head)).toEqual(expected);
  });

  it('that asks for a server nobody knows is told which there are', () => {
    expect(() => declared('/** @servers elasticsearch-8 */')).toThrow(
      'asks for "@servers elasticsearch-8". There are: elasticsearch-9, elasticsearch-7, opensearch.',
    );
  });

  it('that did not ask gets none, even where one runs', () => {
    expect(() => serverUrl('opensearch')).toThrow('begin it with the comment /** @servers opensearch */');
    expect(() => runningServers()).toThrow('begin it with the comment /** @servers elasticsearch-9');
  });
});

function declared(head: string) {
  const folder = mkdtempSync(join(tmpdir(), 'essequence-'));
  const spec = join(folder, 'some.spec.ts');
  writeFileSync(spec, `${head}\n`);
  try {
    return declaredServers(spec);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
