import type { Mutant } from './mutant.js';

const explorer = { file: 'store/files/protocol.ts', spec: 'test/store/files/protocol-explorer.spec.ts' };

const identity = { spec: 'test/store/files/identity.spec.ts' };
const store = { spec: 'test/store/files/file-sequence-store.spec.ts' };

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
  {
    guard: '* a link replaces nothing',
    file: 'store/files/shard-disk.ts',
    find: 'await link(this.#prepared!',
    replace: 'await rename(this.#prepared!',
    ...store,
    tests: 'links no generation over',
  },
  {
    guard: 'a shard that lost its generations is not begun anew',
    file: 'store/files/protocol.ts',
    find: "if (generation === 0) return { found: 'empty' };",
    replace: "if (generation === 0) return { found: 'nothing' };",
    ...identity,
  },
  {
    guard: 'a folder is known by device and inode',
    file: 'store/files/identity.ts',
    find: "if (folder !== pin.home.folder) return { code: 'IDENTITY_CHANGED', why: REPLACED };",
    replace: '',
    ...identity,
  },
  {
    guard: 'a strange folder is refused for names not known yet',
    file: 'store/files/identity.ts',
    find: 'if (known === undefined || root === known) return undefined;',
    replace: 'return undefined;',
    ...identity,
  },
  {
    guard: '* a fence that is part of a copy is not followed',
    file: 'store/files/identity.ts',
    find: 'return folder === sight.folder;',
    replace: 'return true;',
    ...identity,
  },
  {
    guard: '* a fence from before the folder went back is not followed',
    file: 'store/files/identity.ts',
    find: 'if (!wentBack(sight, pin.home)) return true;',
    replace: 'return true;',
    ...identity,
  },
  {
    guard: '* a folder that went back stays refused when its generations have risen again',
    file: 'store/files/known-counters.ts',
    find: 'one.wentBackAt ??= sight.generation;',
    replace: 'one.generation += 0;',
    ...identity,
  },
  {
    guard: 'a strange folder is vouched for by counters of our own only',
    file: 'store/files/known-counters.ts',
    find: '(pin?.home.own ?? first)',
    replace: 'true',
    ...identity,
  },
  {
    guard: 'a folder that was used is not made again',
    file: 'store/files/shard.ts',
    find: 'await this.#root.current(!this.#known.any)',
    replace: 'await this.#root.current(true)',
    ...identity,
  },
  {
    guard: 'what waits at one moment is one generation',
    file: 'store/files/shard.ts',
    find: 'await macrotask();',
    replace: '',
    ...store,
    tests: 'one generation',
  },
  {
    guard: 'a file of a newer format is left alone',
    file: 'store/files/generation.ts',
    find: "if (typeof format === 'number' && format > FORMAT) {",
    replace: 'if (false as boolean) {',
    ...store,
    tests: 'newer version',
  },
  {
    guard: 'file systems without hard links are refused',
    file: 'store/files/root-folder.ts',
    find: 'await this.#assertHardLinks();',
    replace: '',
    spec: 'test/store/files/trials.spec.ts',
    tests: 'no hard links',
  },
  {
    guard: 'a generation is on disk before it is linked',
    file: 'store/files/shard-disk.ts',
    find: 'await file.sync();',
    replace: '',
    spec: 'test/store/files/trials.spec.ts',
    tests: 'power loss',
  },
  {
    guard: 'who wins every race leaves one to others',
    file: 'store/files/courtesy.ts',
    find: 'if (prepared.some((file) => !this.#seen.has(file)))',
    replace: 'if (false as boolean)',
    spec: 'test/store/files/courtesy.spec.ts',
  },
  {
    guard: 'what killed processes left is not taken for others',
    file: 'store/files/courtesy.ts',
    find: '!this.#seen.has(file)',
    replace: 'file',
    spec: 'test/store/files/courtesy.spec.ts',
  },
];
