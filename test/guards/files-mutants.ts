import type { Mutant } from './mutant.js';

const explorer = { file: 'store/files/protocol.ts', spec: 'test/store/files/protocol-explorer.spec.ts' };

/** Guards of the store that keeps counters in files. */
export const FILES_MUTANTS: readonly Mutant[] = [
  {
    guard: '* what was read is the highest generation still',
    ...explorer,
    find: "if (highest((yield* list()) ?? []) !== generation) return { found: 'lost' };",
    replace: '',
  },
  {
    guard: '* what was read is there still after the link',
    ...explorer,
    find: "if ((yield* read(generation)) !== text) return ended('lost', generation);",
    replace: '',
  },
  {
    guard: '* a generation is known by its text, not by its number',
    ...explorer,
    find: "if ((yield* read(generation)) !== text) return ended('lost', generation);",
    replace: "if ((yield* read(generation)) === undefined) return ended('lost', generation);",
  },
  {
    guard: '* generations are removed in ascending order',
    ...explorer,
    find: '.toSorted((one, other) => one - other)',
    replace: '.toSorted((one, other) => other - one)',
  },
  {
    guard: 'tidying stops at what it cannot remove',
    ...explorer,
    find: 'if (!(yield* remove(generation))) return;',
    replace: 'yield* remove(generation);',
  },
  {
    guard: 'the folder is on disk before ids are handed out',
    ...explorer,
    find: 'yield* sync();\n  // Where',
    replace: '// Where',
  },
  {
    guard: 'a new folder is on disk before ids are handed out',
    ...explorer,
    find: "if (!(yield* create())) return ended('lost', 0);\n  yield* sync();",
    replace: "if (!(yield* create())) return ended('lost', 0);",
  },
  {
    guard: 'the folder is the same after the link',
    ...explorer,
    find: "if (!(yield* isSame())) return ended('moved', generation);\n  return {",
    replace: 'return {',
  },
  {
    guard: 'the link went to the folder that was read',
    ...explorer,
    find: "if ((yield* read(generation + 1)) !== next) return ended('lost', generation);",
    replace: '',
  },
];
