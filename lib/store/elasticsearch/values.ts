/* Reading values of which nothing is known. */

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is found along the path; undefined where it ends early. */
export function field(value: unknown, ...path: string[]): unknown {
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}

export function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, 500) : '';
}
