/**
 * Starts the three servers of the tests and keeps them, so that many test runs can share them:
 *
 *     npm run --silent servers > servers.env &    # then, when its three lines are there: . ./servers.env
 */
import { startTestServers } from './test-servers.js';
import { untilEnded } from './until-ended.js';

const ended = untilEnded();
const { env, stop, missing } = await startTestServers();
for (const line of missing) process.stderr.write(`${line}\n`);
for (const [name, url] of Object.entries(env)) process.stdout.write(`export ${name}=${url}\n`);
process.stdout.write(`# kill ${process.pid} ends them\n`);
await ended;
await stop();
