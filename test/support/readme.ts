export interface Fence {
  /** Where it begins, for messages. */
  line: number;
  /** `<!-- with: ... -->` above a fence: what its code takes for granted, hidden from readers. */
  before: string;
  /** `<!-- run: ... -->` above a fence: a test runs it. */
  run: string | undefined;
  code: string;
}

/** The ts fences of a markdown text. */
export function fencesOf(markdown: string): Fence[] {
  return [...markdown.matchAll(/(?:<!-- (with|run)(?:: (.*?))? -->\n+)?^```ts\n(.*?)^```$/gms)].map(
    ({ 0: whole, 1: kind, 2: text = '', 3: code = '', index }) => ({
      line: markdown.slice(0, index + whole.indexOf('```ts')).split('\n').length,
      before: kind === 'with' ? text : '',
      run: kind === 'run' ? text : undefined,
      code,
    }),
  );
}
