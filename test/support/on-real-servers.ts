import { describe, it } from '@jest/globals';
import { type RealServer, realServers } from './elasticsearch-clients.js';

/** A suite for each server of this run, of those named if any are; where there is none the tests are skipped. */
export function onRealServers(suite: (server: RealServer) => void, wanted = /./): void {
  const servers = realServers().filter(({ name }) => wanted.test(name));
  if (servers.length === 0) it.skip('needs a real server', () => {});
  for (const server of servers) describe(`On ${server.name}`, () => suite(server));
}
