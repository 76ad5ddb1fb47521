import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { nodeBinary } from './node-binary.js';

/**
 * Runs specs under several versions of Node, each with its own ICU and time zone data: `npm run test:nodes -- <spec>...`.
 * Not part of the suite: it fetches the binaries, by npm, on first use.
 */
const VERSIONS = ['20.19.0', '22.12.0', '24.0.0', '24.21.0'];
const specs = process.argv.length > 2 ? process.argv.slice(2) : ['test/series'];

async function ended(command: string, args: string[]): Promise<number | null> {
  const [code] = (await once(spawn(command, args, { stdio: 'inherit' }), 'exit')) as [number | null];
  return code;
}

for (const version of VERSIONS) {
  const { path: node } = await nodeBinary(version);
  const about = '`Node ${process.version}, ICU ${process.versions.icu}, time zones ${process.versions.tz}`';
  await ended(node, ['-p', about]);
  const code = await ended(node, [
    '--experimental-vm-modules',
    '--no-warnings',
    'node_modules/jest/bin/jest.js',
    ...specs,
  ]);
  if (code !== 0) process.exitCode = 1;
}
