import { beforeAll, describe, expect, it } from '@jest/globals';
import { createMarkdownRenderer, type MarkdownRenderer } from 'vitepress';
import { drawDiagrams } from '../../docs/.vitepress/diagrams.js';
import { keepBraces } from '../../docs/.vitepress/literal-braces.js';
import { followRepositoryLinks } from '../../docs/.vitepress/repository-links.js';
import { read } from '../support/pages.js';

let md: MarkdownRenderer;

beforeAll(async () => {
  md = await createMarkdownRenderer('.', {
    config: (renderer) => {
      followRepositoryLinks(renderer);
      drawDiagrams(renderer);
      keepBraces(renderer);
    },
  });
});

/** The page as the site renders it. */
const render = (markdown: string, relativePath: string): string =>
  md.render(markdown, { path: relativePath, relativePath, cleanUrls: true });

const SEQUENCE = 'sequenceDiagram\n  participant A\n  participant B\n  A->>B: draws & asks\n';

describe('Links of the repository', () => {
  it.each([
    ['reliability.md', 'docs/mutations.md', './mutations'],
    ['reliability.md', 'docs/torture/negative-controls.md#a', './torture/negative-controls#a'],
    ['architecture.md', 'RELIABILITY.md', './reliability'],
    ['start.md', 'sizing.md#many-names', './sizing#many-names'],
    ['start.md', '../RELIABILITY.md#the-promise', './reliability#the-promise'],
    ['operating.md', 'public/grafana-dashboard.json', '/grafana-dashboard.json'],
    ['recipes/prisma.md', '../runbook.md#fence', './../runbook#fence'],
    ['recipes/prisma.md', '../../RELIABILITY.md', './../reliability'],
  ])('on %s, %s leads to %s', (page, link, expected) => {
    const html = render(`[it](${link})`, page);
    expect(/href="([^"]*)"/.exec(html)![1]!.replace(/^\.\/\.\.\//, '../')).toBe(
      expected.replace(/^\.\/\.\.\//, '../'),
    );
  });

  it('lead pictures of included documents to their files', () => {
    expect(render('![plot](docs/block-size-day.svg)', 'architecture.md')).toContain(
      'src="./block-size-day.svg"',
    );
  });

  it.each(['https://example.org/a', '#here'])('leave %s alone', (link) => {
    expect(render(`[it](${link})`, 'reliability.md')).toContain(`href="${link}"`);
  });
});

describe('The API reference', () => {
  it('has no page "index" beside its folder, which would share its address', () => {
    expect(read('lib/index.ts')).toMatch(/^\/\*\*[^/]* @module nestjs-essequence\n/);
    expect(read('docs/.vitepress/config.ts')).toContain(`item.text !== 'nestjs-essequence'`);
  });
});

describe('Code in a line', () => {
  it('keeps two braces, which Vue would fill in', () => {
    const html = render('`{{` and `{n:6}`', 'number-series.md');
    expect(html).toContain('<code>&#123;&#123;</code> and <code>{n:6}</code>');
  });
});

describe('Diagrams', () => {
  it('are SVG with a label, and hold nothing that Vue drops', () => {
    const html = render(`\`\`\`mermaid A "claim"\n${SEQUENCE}\`\`\``, 'how-it-works.md');
    expect(html).toContain('<svg role="img" aria-label="A &quot;claim&quot;"');
    expect(html).toContain('>draws &amp; asks</text>');
    expect(html).not.toMatch(/<style|<script|https?:\/\/(?!www\.w3\.org)/);
  });

  it('share no ids on one page', () => {
    const diagram = `\`\`\`mermaid One\n${SEQUENCE}\`\`\`\n\n`;
    const html = render(diagram + diagram, 'how-it-works.md');
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids.length).toBeGreaterThan(1);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of html.matchAll(/url\(#([^)]*)\)/g)) expect(ids).toContain(id);
  });

  it('leave other blocks to VitePress', () => {
    expect(render('```ts\nconst a = 1;\n```', 'start.md')).toContain('class="language-ts');
  });
});
