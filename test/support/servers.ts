/**
 * Starts the three servers of the tests and keeps them, so that many test runs can share them:
 *
 *     setsid nohup npm run --silent servers > servers.env 2> servers.log &
 *     . ./servers.env    # when it is complete, its last line says how to end them
 */
import { startTestServers } from './test-servers.js';
import { untilEnded } from './until-ended.js';

const ended = untilEnded();
const servers = await Promise.race([startTestServers(), ended]);
if (servers) {
  for (const line of servers.missing) process.stderr.write(`${line}\n`);
  for (const [name, url] of Object.entries(servers.env)) process.stdout.write(`export ${name}=${url}\n`);
  process.stdout.write(`# ready; kill ${process.pid} ends them\n`);
  await ended;
  await servers.stop();
}
process.exit();
