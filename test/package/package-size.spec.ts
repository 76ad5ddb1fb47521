import { afterAll, describe, expect, it } from '@jest/globals';
import { PAGES, read } from '../support/pages.js';
import { ProjectCopy } from '../support/project-copy.js';

const { files } = JSON.parse(read('package.json')) as { files: string[] };

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
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'RELIABILITY.md',
      'dist',
      'package.json',
    ]);
    expect(packed.size).toBeLessThanOrEqual(MOST_BYTES);
  }, 300_000);

  it.each(['README.md', 'RELIABILITY.md', 'CHANGELOG.md'])(
    'holds every file that %s links to, or the site does',
    (document) => {
      const packed = (path: string) =>
        [...files, 'README.md', 'LICENSE', 'package.json'].some(
          (each) => path === each || path.startsWith(`${each}/`),
        );
      const linked = [...read(document).matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, path]) => path!);
      expect(linked.filter((path) => !packed(path) && !PAGES.includes(path))).toEqual([]);
    },
  );
});
