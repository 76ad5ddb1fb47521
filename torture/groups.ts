import type { Plan } from './history.js';

/** More sequences than this are shown together. */
const MOST_ALONE = 12;

export interface Group {
  sizes: string;
  sequences: ReadonlySet<string>;
}

/** What a report shows as one, by its label: each sequence, or where there are many those with the same block sizes. */
export function groupsOf({ sequences }: Plan): Map<string, Group> {
  const entries = Object.entries(sequences).map(
    ([name, sizes]) => [name, sizes.map((size) => JSON.stringify(size)).join(' and ')] as const,
  );
  if (entries.length <= MOST_ALONE) {
    return new Map(entries.map(([name, sizes]) => [name, { sizes, sequences: new Set([name]) }]));
  }
  const bySizes = new Map<string, Set<string>>();
  for (const [name, sizes] of entries) {
    bySizes.set(sizes, (bySizes.get(sizes) ?? new Set()).add(name));
  }
  return new Map(
    [...bySizes].map(([sizes, names]) => [
      `${names.size} sequences, blocks of ${sizes}`,
      { sizes, sequences: names },
    ]),
  );
}
