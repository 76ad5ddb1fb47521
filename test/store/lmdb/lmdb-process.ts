/**
 * A process with an LmdbSequenceStore of its own: `lmdb-process.ts <mode> <path> [count] [times]`. Each line it prints
 * is one JSON value.
 */
import { writeSync } from 'node:fs';
import { LmdbSequenceStore } from 'nestjs-essequence/lmdb';
import { SequenceError } from '../../../lib/common/sequence-error.js';

const [mode, path = '', count = '1', times = '1'] = process.argv.slice(2);
const store = new LmdbSequenceStore({ path });
const { signal } = new AbortController();

/** Written before the next step, also if the process is killed in it. */
function print(value: unknown): void {
  writeSync(1, `${JSON.stringify(value)}\n`);
}

function claim(name = 'orders') {
  return store.claim({ name, count: Number(count), start: 1, signal });
}

try {
  if (mode === 'claim') {
    await store.inspect({ name: 'orders', signal });
    print('ready');
    await new Promise((resolve) => process.stdin.once('data', resolve));
    for (let time = 0; time < Number(times); time++) print(await claim());
  } else if (mode === 'claim-for-ever') {
    for (;;) print(await claim());
  } else if (mode === 'fill') {
    for (let index = 0; index < Number(times); index++) print(await claim(`${'n'.repeat(120)}${index}`));
  }
  await store.close();
} catch (error) {
  const { code, retryable, ambiguous, message, cause } = error as SequenceError;
  print({
    failed: error instanceof SequenceError,
    code,
    retryable,
    ambiguous,
    message,
    cause: String(cause),
  });
}
process.exit();
