import type { MarkdownRenderer } from 'vitepress';

/** Vue takes two braces for a place to fill in. Within code they are what they are. */
export function keepBraces(md: MarkdownRenderer): void {
  const render = md.renderer.rules.code_inline!;
  md.renderer.rules.code_inline = (...args) => render(...args).replaceAll('{{', '&#123;&#123;');
}
