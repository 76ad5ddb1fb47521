import { describe, expect, it } from '@jest/globals';
import { readResult } from '../matrix/result.js';
import { ROWS } from '../matrix/rows.js';
import { read } from '../support/pages.js';

/** That the page shows the result is tested with the other generated tables. */
describe('The result of the matrix, which the page "Versions" shows', () => {
  const { rows } = readResult();

  it('has the rows that the matrix has (else: npm run matrix)', () => {
    const said = ({ name, modules, apps }: { name: string; modules: string; apps: object }) => ({
      name,
      modules,
      apps: Array.isArray(apps) ? apps : Object.keys(apps),
    });
    expect(rows.map(said)).toEqual(ROWS.map(said));
  });

  it('has the versions that each row asks for', () => {
    for (const [at, { name, node, install }] of ROWS.entries()) {
      const { installed, node: tried } = rows[at]!;
      const fits = (version: string, range = '') =>
        range === 'latest' || `${version}.`.startsWith(`${range}.`);
      if (node !== undefined) expect({ name, tried, fits: fits(tried, node) }).toMatchObject({ fits: true });
      for (const each of install) {
        const [, packageName, range] = /^(.+?)(?:@([^@]+))?$/.exec(each)!;
        const version = installed[packageName!]!;
        expect({ each, version, fits: range === undefined || fits(version, range) }).toMatchObject({
          fits: true,
        });
      }
    }
  });

  it('covers each range of Node that the package allows', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    const lowest = engines.node.split(' || ').map((range) => range.replace(/^(\^|>=)/, ''));
    expect(lowest).toHaveLength(3);
    for (const version of lowest) expect(rows.map(({ node }) => node)).toContain(version);
  });
});
