import { show } from '../common/arguments.js';

/** The characters of a scope; the first one is a letter or digit. */
export const SCOPE_FIRST = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
export const SCOPE_REST = `${SCOPE_FIRST}._:-`;
export const LONGEST_SCOPE = 64;

const SCOPE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/;

/** A scope and a name cannot contain `~`, so that the three parts of a counter's name stay apart. */
export function assertScope(scope: unknown): asserts scope is string {
  if (typeof scope === 'string' && SCOPE.test(scope)) return;
  throw new TypeError(
    `Expected scope to be a text of 1 to ${LONGEST_SCOPE} characters, A-Z a-z 0-9 . _ : - with a letter or digit first, ` +
      `got ${show(scope)}`,
  );
}

/**
 * The name of the counter that numbers `period` of `scope`, in three parts always: `invoices~acme~2026`,
 * `invoices~~2026`, `orders~~`.
 */
export function counterName(series: string, scope: string | undefined, period: string): string {
  return `${series}~${scope ?? ''}~${period}`;
}

/** What the names of all counters of a series begin with. */
export function counterPrefix(series: string): string {
  return `${series}~`;
}

/** What {@link counterName} was made of; undefined: the name of a plain sequence. */
export function counterParts(
  name: string,
): { series: string; scope: string | undefined; period: string } | undefined {
  const [series = '', scope = '', period] = name.split('~');
  return period === undefined ? undefined : { series, scope: scope === '' ? undefined : scope, period };
}
