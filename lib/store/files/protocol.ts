/**
 * How a process claims: compare-and-set by hard links. A shard is a folder of generations `g1`, `g2` and so on, each a
 * whole text that never changes. Who wants to change something reads the highest one and links a new text as the next.
 * The kernel lets one of all that try succeed, whatever processes, containers and process ids they have; no lock is
 * taken, so there is none to lose.
 *
 * Every decision of the claim is here, and nothing else: the store carries these steps out on a disk, the explorer of
 * the tests on a model of one, in every order that several processes can bring about.
 *
 * Why no value is claimed twice:
 * - The highest generation is never removed, and a file that an overtaken process leaves under a number that had been
 *   tidied away is never the highest. So a generation that is the highest *after* it was read was never removed before,
 *   and what was read is the text that first had this number.
 * - If that text is still there after the link, nobody had removed the number that was linked, because generations are
 *   removed in ascending order. So the number had never existed before, the link was the first under it, and everybody
 *   who links a later one has read ours.
 */

/** What the folder of a shard is asked. Each answer arrives before the next question. */
export type Question =
  /** The numbers of the generations. Undefined: there is no such folder. */
  | { ask: 'list' }
  /** The text of a generation. Undefined: it is gone. */
  | { ask: 'read'; generation: number }
  /** Writes the text to a file that only this process knows, and syncs it. */
  | { ask: 'prepare'; text: string }
  /** Makes the folder, with the prepared text in it as generation 1, in one step. False: there is one already. */
  | { ask: 'create' }
  /** Links the prepared file as this generation. False: there is one already. */
  | { ask: 'link'; generation: number }
  /** Syncs the folder, and the folder it is in. */
  | { ask: 'sync' }
  /** Whether the path leads to the folder that it led to when the claim began. */
  | { ask: 'isSame' }
  /** False: it is there still. */
  | { ask: 'remove'; generation: number };

/**
 * - `claimed`: the new text is the next generation, on disk, and nobody can come between.
 * - `unchanged`: there was nothing to write, and what was read is on disk.
 * - `lost`: another process was first. Nothing was claimed.
 * - `moved`: another folder has taken the place of this one. Nothing was claimed, though something may be written.
 * - `empty`: the folder is there and has no generation, as none ever has by itself.
 */
export type Outcome = 'claimed' | 'unchanged' | 'lost' | 'moved' | 'empty';

export interface Claim {
  outcome: Outcome;
  /** The generation that was linked, or else the highest that was read; 0: there is none. */
  generation: number;
  /** What can be removed, in this order, until one cannot. Only after `claimed`. */
  outlived: readonly number[];
}

/** Makes the next text of the present one. Undefined as an argument: there is no text yet. As a result: write nothing. */
export type Change = (text: string | undefined, generation: number) => string | undefined;

export type Dialogue<Result> = Generator<Question, Result, unknown>;

/** How many generations below the highest stay. Any number is safe; some spare readers a second reading. */
export const KEPT_GENERATIONS = 4;

/** The present state, or why it cannot be known. */
export type Look =
  | { found: 'text'; generation: number; text: string; listed: readonly number[] }
  | { found: 'nothing' }
  | { found: 'lost' }
  | { found: 'empty' };

/** What was read was the present state at some moment since the call. */
export function* look(): Dialogue<Look> {
  const listed = yield* list();
  if (listed === undefined) return { found: 'nothing' };
  const generation = highest(listed);
  if (generation === 0) return { found: 'empty' };
  const text = yield* read(generation);
  if (text === undefined) return { found: 'lost' };
  // Between listing and reading it may have been tidied away, and linked again by a process that was overtaken.
  if (highest((yield* list()) ?? []) !== generation) return { found: 'lost' };
  return { found: 'text', generation, text, listed };
}

/** One attempt. A process that loses the race makes another one. */
export function* claim(change: Change, kept = KEPT_GENERATIONS): Dialogue<Claim> {
  const seen = yield* look();
  if (seen.found === 'nothing') return yield* claimFirst(change);
  if (seen.found !== 'text') return ended(seen.found, 0);
  const { generation, text, listed } = seen;
  const next = change(text, generation);
  if (next === undefined) {
    // The process that linked it may not have come to this yet.
    yield* sync();
    return ended((yield* isSame()) ? 'unchanged' : 'moved', generation);
  }
  yield* prepare(next);
  if (!(yield* isSame())) return ended('moved', generation);
  if (!(yield* link(generation + 1))) return ended('lost', generation);
  yield* sync();
  // Where the folder was replaced and put back in between, the link went elsewhere.
  if ((yield* read(generation + 1)) !== next) return ended('lost', generation);
  // By its text, which holds a nonce: under its number may be a file that an overtaken process left.
  if ((yield* read(generation)) !== text) return ended('lost', generation);
  if (!(yield* isSame())) return ended('moved', generation);
  return { outcome: 'claimed', generation: generation + 1, outlived: outlived(listed, generation + 1, kept) };
}

/** A folder comes with its first generation, so none is ever found empty, except a copy that missed files. */
function* claimFirst(change: Change): Dialogue<Claim> {
  const first = change(undefined, 0);
  if (first === undefined) return ended('unchanged', 0);
  yield* prepare(first);
  if (!(yield* create())) return ended('lost', 0);
  yield* sync();
  return ended((yield* isSame()) ? 'claimed' : 'moved', 1);
}

/** Removes what a claim left behind, in ascending order: see above. */
export function* tidy(generations: readonly number[]): Dialogue<void> {
  for (const generation of generations) {
    if (!(yield* remove(generation))) return;
  }
}

function outlived(listed: readonly number[], top: number, kept: number): number[] {
  return listed.filter((generation) => generation < top - kept).toSorted((one, other) => one - other);
}

/** 0: there is none. */
function highest(generations: readonly number[]): number {
  return Math.max(0, ...generations);
}

function ended(outcome: Outcome, generation: number): Claim {
  return { outcome, generation, outlived: [] };
}

const list = () => answer<readonly number[] | undefined>({ ask: 'list' });
const read = (generation: number) => answer<string | undefined>({ ask: 'read', generation });
const prepare = (text: string) => answer<void>({ ask: 'prepare', text });
const create = () => answer<boolean>({ ask: 'create' });
const link = (generation: number) => answer<boolean>({ ask: 'link', generation });
const sync = () => answer<void>({ ask: 'sync' });
const isSame = () => answer<boolean>({ ask: 'isSame' });
const remove = (generation: number) => answer<boolean>({ ask: 'remove', generation });

function* answer<Answer>(question: Question): Dialogue<Answer> {
  return (yield question) as Answer;
}
