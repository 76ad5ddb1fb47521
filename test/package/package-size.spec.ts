import { afterAll, describe, expect, it } from '@jest/globals';
import { ProjectCopy } from '../support/project-copy.js';

/** Every application and every build of it downloads the package. What only developers of it read stays out. */
const MOST_BYTES = 250_000;

describe('The package', () => {
  const project = new ProjectCopy();
  afterAll(() => project.remove());

  it('holds the library and its documents, in at most 250 kB', async () => {
    const printed = await project.npm('pack', '--dry-run', '--json', '--silent');
    const [packed] = JSON.parse(printed.slice(printed.indexOf('['))) as [
      { size: number; files: { path: string }[] },
    ];
    const tops = new Set(packed.files.map(({ path }) => path.split('/')[0]));
    expect([...tops].toSorted()).toEqual([
      'ARCHITECTURE.md',
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'RELIABILITY.md',
      'dist',
      'lib',
      'package.json',
    ]);
    expect(packed.size).toBeLessThanOrEqual(MOST_BYTES);
  }, 300_000);
});
