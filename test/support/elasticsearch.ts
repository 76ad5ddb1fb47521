/** `npm run elasticsearch`: a real local server to try things with, until Ctrl-C. Its data go when it ends. */
import { startElasticsearch9 } from './elasticsearch-server.js';
import { isFree } from './ports.js';
import { untilEnded } from './until-ended.js';

const ended = untilEnded();
process.stdout.write('Starting Elasticsearch 9.5.3 ...\n');
const starting = startElasticsearch9((await isFree(9200)) ? { httpPort: 9200 } : {});
const server = await Promise.race([starting, ended]).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exit(1);
});
if (server) {
  process.stdout.write(`It listens on ${server.url}, Ctrl-C ends it. In another terminal:\n\n`);
  process.stdout.write(`    ELASTICSEARCH_NODE=${server.url} npm start\n\n`);
  await ended;
  await server.stop();
}
process.exit();
