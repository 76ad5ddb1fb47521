import type { Mutant } from './mutant.js';

const health = {
  file: 'integrations/terminus/sequence.health-indicator.ts',
  spec: 'test/integrations/terminus.spec.ts',
};
const log = { spec: 'test/nest/sequence-log.spec.ts' };
const cli = { spec: 'test/cli/refusals.spec.ts' };

/** Guards of what operators see and do: health, the log, the command line. */
export const OPERATE_MUTANTS: readonly Mutant[] = [
  {
    guard: 'health is down after a failed caller',
    ...health,
    find: 'const failedCallers = watch.outage?.failedCallers ?? 0;',
    replace: 'const failedCallers = 0;',
  },
  {
    guard: 'health is down while a caller waits',
    ...health,
    find: 'failedCallers === 0 && waiting === 0 && empty.length === 0',
    replace: 'failedCallers === 0 && empty.length === 0',
  },
  {
    guard: 'health is down when a sequence in use has no ids',
    ...health,
    find: 'if (cached === 0) empty.push(name);\n      else if (rate > 0)',
    replace: 'if (rate > 0)',
  },
  {
    guard: 'health believes the claims where reads are answered',
    ...health,
    find: 'return failure ?? this.registry.watch.outage?.error;',
    replace: 'return failure;',
  },
  {
    guard: 'health is not up while counters have identity errors',
    ...health,
    find: "status: foreign.length === 0 ? 'up' : 'degraded'",
    replace: "status: 'up'",
  },
  {
    guard: 'health is not down while the cache lasts',
    ...health,
    find: 'if (failedCallers === 0 && waiting === 0 && empty.length === 0) {',
    replace: 'if (false as boolean) {',
  },
  {
    guard: 'health never throws',
    ...health,
    find: 'return session.down({ message: String(error) }) as HealthIndicatorResult<Key>;',
    replace: 'throw error;',
  },
  {
    guard: 'health asks the store once a second',
    ...health,
    find: 'now - this.#look.at > FRESH',
    replace: 'now - this.#look.at >= 0',
  },
  {
    guard: 'a lost race is no outage',
    file: 'core/store-watch.ts',
    ...log,
    find: "  'UNAVAILABLE',\n",
    replace: "  'UNAVAILABLE',\n  'CONFLICT',\n",
  },
  {
    guard: "what the store warns of is heard by the application's log",
    file: 'nest/sequence-log.ts',
    ...log,
    find: 'registry.store.onWarning?.((text) => this.#logger.warn(text))',
    replace: 'registry.store.onWarning?.(() => {})',
  },
  {
    guard: 'the command line asks before it raises',
    file: 'cli/commands/raise.ts',
    ...cli,
    find: 'await confirm(terminal, intent, yes);',
    replace: 'void intent, terminal, yes, confirm;',
  },
  {
    guard: 'the command line asks before it fences',
    file: 'cli/commands/fence.ts',
    ...cli,
    find: 'await confirm(terminal, intent, yes);',
    replace: 'void intent, terminal, yes, confirm;',
  },
  {
    guard: 'the command line takes no answer from a pipe',
    file: 'cli/terminal.ts',
    ...cli,
    find: 'if (terminal.input.isTTY !== true) {',
    replace: 'if (false as boolean) {',
  },
  {
    guard: 'the command line writes nothing after any other answer than yes',
    file: 'cli/terminal.ts',
    ...cli,
    find: 'if (!/^y(es)?$/i.test(answer.trim())) {',
    replace: 'if (answer === undefined) {',
  },
  {
    guard: 'the command line makes no folder where there is none',
    file: 'cli/commands/raise.ts',
    ...cli,
    find: 'await counters.assertUsable(signal);',
    replace: '',
  },
  {
    guard: 'the command line takes no credentials from an argument',
    file: 'cli/environment.ts',
    ...cli,
    find: "if (url.username !== '' || url.password !== '') {",
    replace: 'if (false as boolean) {',
  },
  {
    guard: 'the command line refuses a key that Node would show in a message',
    file: 'cli/environment.ts',
    ...cli,
    find: String.raw`/[^\u0020-\u007e]/.test(authorization)`,
    replace: "authorization === ''",
  },
  {
    guard: 'the command line shows no credentials of an address',
    file: 'cli/connection-failure.ts',
    ...cli,
    find: "return text.replace(/\\/\\/[^/@\\s]*@/g, '//');",
    replace: 'return text;',
  },
];
