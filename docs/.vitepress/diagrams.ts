import { renderMermaidSVG } from 'beautiful-mermaid';
import type { MarkdownRenderer } from 'vitepress';

/**
 * Draws ```mermaid fences while the site is built: readers get an SVG in the colours of the theme, and no script. On
 * GitHub and in an editor the same fence is drawn by their own Mermaid.
 */
export function drawDiagrams(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence!;
  md.renderer.rules.fence = (tokens, index, options, env, self) => {
    const token = tokens[index]!;
    const [language, ...title] = token.info.trim().split(/\s+/);
    if (language !== 'mermaid') return fence(tokens, index, options, env, self);
    const label = md.utils.escapeHtml(title.join(' '));
    const svg = renderMermaidSVG(token.content)
      // Vue drops a <style> in a page, and hydration then takes the last node away. Its rules are in theme/site.css.
      .replace(/<style>.*?<\/style>/s, '')
      .replace(/ style="[^"]*"/, '')
      // Ids are global to a page: two diagrams would share their arrowheads.
      .replaceAll('#seq-', `#seq-${index}-`)
      .replaceAll('id="seq-', `id="seq-${index}-`)
      .replaceAll(/>\s+</g, '><')
      .replace('<svg ', `<svg role="img" aria-label="${label}" `);
    return `<div class="diagram" v-pre>${svg}</div>\n`;
  };
}
