import { posix } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';

/** Documents of the repository's root that are pages of the site by an include. */
const PAGES: Record<string, string> = {
  'RELIABILITY.md': 'docs/reliability.md',
  'ARCHITECTURE.md': 'docs/architecture.md',
  'CHANGELOG.md': 'docs/changelog.md',
};

/**
 * Links are written as the repository's files lie, so that they work there and in the package as well. Here they are
 * turned into links between pages. What has no page stays as it is, and VitePress reports it as dead.
 */
export function followRepositoryLinks(md: MarkdownRenderer): void {
  const included = new Map(
    Object.entries(PAGES).map(([source, page]) => [page.slice('docs/'.length), source]),
  );
  md.core.ruler.push('repository-links', ({ tokens, env }) => {
    const page = (env as { relativePath?: string }).relativePath ?? '';
    const source = included.get(page) ?? `docs/${page}`;
    for (const { children } of tokens) {
      for (const token of children ?? []) {
        const attribute = token.type === 'link_open' ? 'href' : token.type === 'image' ? 'src' : undefined;
        if (attribute !== undefined)
          token.attrSet(attribute, onSite(String(token.attrGet(attribute)), source, page));
      }
    }
  });
}

function onSite(link: string, source: string, page: string): string {
  if (/^([a-z]+:|[/#])/.test(link)) return link;
  const [path = '', hash] = link.split('#');
  const file = posix.join(posix.dirname(source), path);
  // What the site has at its root.
  if (file.startsWith('docs/public/')) return file.slice('docs/public'.length);
  const target = PAGES[file] ?? file;
  if (!target.startsWith('docs/')) return link;
  const relative = posix.relative(posix.dirname(`docs/${page}`), target);
  return `${relative.startsWith('.') ? '' : './'}${relative}${hash === undefined ? '' : `#${hash}`}`;
}
