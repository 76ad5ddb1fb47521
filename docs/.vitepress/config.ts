import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type DefaultTheme, defineConfig } from 'vitepress';
import llmstxt from 'vitepress-plugin-llms';
import { drawDiagrams } from './diagrams.js';
import { keepBraces } from './literal-braces.js';
import { followRepositoryLinks } from './repository-links.js';

const DESCRIPTION =
  'Unique, ascending integer ids for NestJS applications, with Elasticsearch, OpenSearch or files as the shared store.';

/** Where the site lies on its host, for example /nestjs-essequence/. */
const base = process.env['DOCS_BASE'] ?? '/';

/** TypeDoc writes it beside its pages; `npm run docs` and `npm run docs:build` run TypeDoc first. */
const apiSidebar = fileURLToPath(new URL('../api/typedoc-sidebar.json', import.meta.url));
const api = existsSync(apiSidebar)
  ? (JSON.parse(readFileSync(apiSidebar, 'utf8')) as DefaultTheme.SidebarItem[])
  : [];
/** The entries of the package, by the name under which they are imported, and the main one first. */
api.sort(
  (one, other) => Number(other.text === 'nestjs-essequence') - Number(one.text === 'nestjs-essequence'),
);
for (const item of api) {
  if (item.text !== 'nestjs-essequence') item.text = `nestjs-essequence/${item.text}`;
}

const guide: DefaultTheme.SidebarItem[] = [
  {
    text: 'Use it',
    items: [
      { text: 'Start', link: '/start' },
      { text: 'Drawing ids', link: '/drawing-ids' },
      { text: 'Ids on entities', link: '/ids-on-entities' },
      { text: 'Number series', link: '/number-series' },
      { text: 'Elasticsearch documents', link: '/elasticsearch-documents' },
      { text: 'Testing', link: '/testing' },
    ],
  },
  {
    text: 'Recipes',
    items: [
      { text: 'TypeORM', link: '/recipes/typeorm' },
      { text: 'Prisma', link: '/recipes/prisma' },
      { text: 'Mongoose', link: '/recipes/mongoose' },
      { text: 'MikroORM', link: '/recipes/mikro-orm' },
    ],
  },
  {
    text: 'Run it',
    items: [
      { text: 'Existing data', link: '/existing-data' },
      { text: 'Production checklist', link: '/production' },
      { text: 'Versions', link: '/versions' },
      { text: 'Operating', link: '/operating' },
      { text: 'Options', link: '/options' },
      { text: 'Sizing', link: '/sizing' },
      { text: 'Errors', link: '/errors' },
      { text: 'Runbook', link: '/runbook' },
      { text: 'Backing up a folder', link: '/backup-files' },
    ],
  },
  {
    text: 'Know it',
    items: [
      { text: 'Integers or UUIDs', link: '/integers-or-uuids' },
      { text: 'How it works', link: '/how-it-works' },
      {
        text: 'Reliability',
        link: '/reliability',
        collapsed: true,
        items: [
          { text: '30 minutes, Elasticsearch 9', link: '/torture/elasticsearch-9-30-minutes-seed-20261124' },
          { text: '8 minutes, Elasticsearch 7', link: '/torture/elasticsearch-7-8-minutes-seed-20261124' },
          {
            text: '200 names, Elasticsearch 9',
            link: '/torture/elasticsearch-9-30-minutes-200-names-seed-20261128',
          },
          {
            text: '200 names, Elasticsearch 7',
            link: '/torture/elasticsearch-7-10-minutes-200-names-seed-20261127',
          },
          {
            text: '200 names again, Elasticsearch 9',
            link: '/torture/elasticsearch-9-10-minutes-200-names-seed-20261129',
          },
          {
            text: '200 names again, Elasticsearch 7',
            link: '/torture/elasticsearch-7-10-minutes-200-names-seed-20261130',
          },
          {
            text: '32 processes, Elasticsearch 9',
            link: '/torture/contention-32-processes-elasticsearch-9',
          },
          {
            text: '32 processes, Elasticsearch 7',
            link: '/torture/contention-32-processes-elasticsearch-7',
          },
          { text: 'Negative controls', link: '/torture/negative-controls' },
          { text: 'Guards and mutants', link: '/mutations' },
        ],
      },
      { text: 'Benchmarks', link: '/benchmarks' },
      { text: 'Architecture', link: '/architecture' },
      { text: 'Changelog', link: '/changelog' },
      { text: 'API reference', link: '/api/' },
    ],
  },
];

export default defineConfig({
  title: 'nestjs-essequence',
  description: DESCRIPTION,
  lang: 'en',
  cleanUrls: true,
  base,
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${base}icon.svg` }]],
  markdown: {
    config: (md) => {
      followRepositoryLinks(md);
      drawDiagrams(md);
      keepBraces(md);
    },
  },
  vite: {
    // The index of the search is 570 kB, and is loaded when somebody searches.
    build: { chunkSizeWarningLimit: 800 },
    plugins: [
      llmstxt({
        title: 'nestjs-essequence',
        description: DESCRIPTION,
        ignoreFiles: ['api/**', 'mutations.md', 'torture/**'],
        // What it has not read it cannot list.
        sidebar: guide.map(({ text, items = [] }) => ({
          text,
          items: items.filter(({ link }) => link !== '/api/').map(({ text, link }) => ({ text, link })),
        })),
      }),
    ],
  },
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/start', activeMatch: '^/(?!api/)' },
      { text: 'Errors', link: '/errors' },
      { text: 'API', link: '/api/', activeMatch: '^/api/' },
    ],
    sidebar: { '/': guide, '/api/': [{ text: 'Guide', link: '/start' }, ...api] },
    outline: [2, 3],
    // Guides before the reference, which has every name many times.
    search: {
      provider: 'local',
      options: {
        miniSearch: {
          searchOptions: { boostDocument: (id: string) => (id.includes('/api/') ? 0.3 : 1) },
        },
      },
    },
    footer: { message: 'MIT License' },
  },
});
