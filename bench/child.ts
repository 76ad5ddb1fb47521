import type { Contenders } from './contenders.js';

/** Runs one contender and answers with its result. Not called by hand. */
const [file = '', name = '', argument = '{}'] = process.argv.slice(2);
const { contenders } = (await import(file)) as { contenders: Contenders };
process.once('disconnect', () => process.exit());
let message: { result: unknown } | { error: string };
try {
  message = { result: await contenders[name]!(JSON.parse(argument) as never) };
} catch (error) {
  message = { error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}
process.send!(message, () => process.exit());
