import type { Mutant } from './mutant.js';

const superseded = { spec: 'test/core/superseded.spec.ts' };
const reset = { spec: 'test/core/reset.spec.ts' };
const close = { spec: 'test/core/close.spec.ts' };
const handle = { spec: 'test/core/sequence.spec.ts' };
const take = { spec: 'test/core/take.spec.ts' };

/** Guards of a core that is retired and its successor, of resets that meet each other and closes, and of handles. */
export const RESET_MUTANTS: readonly Mutant[] = [
  {
    guard: 'a retired allocator gives tryNext nothing',
    file: 'core/block-allocator.ts',
    find: 'if (this.#retired) return undefined;\n    this.assertOpen();',
    replace: 'this.assertOpen();',
    ...superseded,
  },
  {
    guard: 'a retired allocator gives next and take nothing',
    file: 'core/block-allocator.ts',
    find: 'if (this.#retired) return undefined;\n    try',
    replace: 'try',
    ...superseded,
  },
  {
    guard: 'next of a handle finds the successor of a retired allocator',
    file: 'core/sequence.ts',
    find: 'this.#allocator.next(options) ?? (this.#renewed().next(options) as Promise<number>)',
    replace: 'this.#allocator.next(options)',
    ...superseded,
  },
  {
    guard: 'take of a handle finds the successor of a retired allocator',
    file: 'core/sequence.ts',
    find: 'this.#allocator.take(count, options) ?? (this.#renewed().take(count, options) as Promise<number[]>)',
    replace: 'this.#allocator.take(count, options)',
    ...superseded,
  },
  {
    guard: 'tryNext of a handle finds the successor of a retired allocator',
    file: 'core/sequence.ts',
    find: ' ?? (this.#allocator.isRetired ? this.#renewed().tryNext() : undefined)',
    replace: '',
    ...superseded,
  },
  {
    guard: 'a draw after a reset waits for it',
    file: 'core/refill.ts',
    find: 'await ready;',
    replace: 'void ready;',
    ...reset,
  },
  {
    guard: 'a reset waits for earlier resets',
    file: 'core/sequence-registry.ts',
    find: 'await Promise.all([before, ...retired',
    replace: 'await Promise.all([...retired',
    ...superseded,
  },
  {
    guard: 'a reset waits for those in line',
    file: 'core/sequence-core.ts',
    find: 'await this.#callersLeft();\n',
    replace: 'await this.#calls.settled();\n',
    ...superseded,
  },
  {
    guard: 'a reset waits for a claim in flight',
    file: 'core/sequence-core.ts',
    find: 'await this.#refill.settled();',
    replace: '',
    ...superseded,
  },
  {
    guard: 'a close after a reset ends the calls made before it',
    file: 'core/sequence-registry.ts',
    find: '[...this.#cores.values(), ...this.#retiring]',
    replace: '[...this.#cores.values()]',
    ...reset,
  },
  {
    guard: 'a close ends a reset that has not begun',
    file: 'core/sequence-registry.ts',
    find: 'if (this.#closing !== undefined) throw closedError(name);\n      await action();',
    replace: 'await action();',
    ...reset,
  },
  {
    guard: 'a block size given to get() survives a reset',
    file: 'core/sequence-registry.ts',
    find: 'this.#blockSizes.get(name) ?? ',
    replace: '',
    ...reset,
  },
  {
    guard: 'close waits for those in line',
    file: 'core/sequence-core.ts',
    find: 'await within(this.#callersLeft(), grace',
    replace: 'await within(this.#calls.settled(), grace',
    ...close,
  },
  {
    guard: 'the pause after 50,000 immediate answers belongs to all sequences of an application',
    file: 'core/sequence-registry.ts',
    find: 'new SequenceCore(name, this.surroundings, {',
    replace: 'new SequenceCore(name, { ...this.surroundings, pace: new Pace(clock) }, {',
    spec: 'test/core/patience.spec.ts',
  },
  {
    guard: 'a refusal counts as an immediate answer',
    file: 'core/pace.ts',
    find: 'turn === undefined ? Promise.reject(reason) :',
    replace: '(turn as unknown) !== 0 ? Promise.reject(reason) :',
    spec: 'test/core/patience.spec.ts',
  },
  {
    guard: 'a transform that returns a promise is refused',
    file: 'common/synchronous.ts',
    find: "if (typeof (value as { then?: unknown } | null | undefined)?.then !== 'function') return value;",
    replace: 'if (true as boolean) return value;',
    ...handle,
  },
  {
    guard: 'a stream with a signal that is aborted already draws nothing',
    file: 'core/sequence.ts',
    find: 'if (signal?.aborted) over.abort(signal.reason);',
    replace: '',
    ...handle,
  },
  {
    guard: 'take of 0 is refused after a close',
    file: 'core/sequence.ts',
    find: 'this.#renewed().assertOpen();\n    return [];',
    replace: 'return [];',
    ...take,
  },
  {
    guard: 'take of 0 heeds its signal',
    file: 'core/sequence.ts',
    find: 'options?.signal?.throwIfAborted();\n    this.#renewed()',
    replace: 'this.#renewed()',
    ...take,
  },
  {
    guard: 'take of 0 asks nobody for a place',
    file: 'core/sequence.ts',
    find: 'if (count === 0) return this.#takeNone(options);',
    replace: '',
    ...take,
  },
];
