import type { ElasticsearchClient, ElasticsearchRequest } from '../lib/store/elasticsearch/request.js';
import { clientOf, ElasticsearchDouble, failure, type Reply } from '../test/support/elasticsearch-double.js';
import { start } from './contenders.js';
import { type Effort, median, type Result, type Row, spread } from './row.js';
import { ElasticsearchSequenceStore, resolveOptions, SequenceRegistry } from './shipped.js';

/** First ids asked for at once. */
const AT_ONCE = 2_000;
export const TARGET = 400;
const HOUR = 3_600_000;

interface Weighed {
  awake: number;
  asleep: number;
}

/**
 * A client whose server remembers no counter, so that the heap holds what the library remembers and nothing else. Each
 * name is claimed once, so nothing has to be remembered: a second claim would find its counter gone, and fail.
 */
export function forgetfulClient(): ElasticsearchClient {
  const double = new ElasticsearchDouble(true);
  let index = '';
  let seqNo = 0;
  const write = (kind: string, _id: string): Reply => {
    if (kind === 'create') {
      const body = { _index: index, _id, result: 'created', _seq_no: seqNo++, _primary_term: 1 };
      return { status: 201, body };
    }
    const reply = failure(404, 'document_missing_exception', `[${_id}]: document missing`);
    Object.assign(reply.body['error'] as object, { index });
    return reply;
  };
  const bulk = (lines: readonly Record<string, unknown>[]): Reply => {
    const items: unknown[] = [];
    for (let place = 0; place < lines.length; place += 2) {
      const [[kind, { _id }]] = Object.entries(lines[place]!) as [[string, { _id: string }]];
      const { status, body } = write(kind, _id);
      items.push({ [kind]: { _index: index, _id, ...body, status } });
    }
    return { status: 200, body: { took: 1, errors: true, items } };
  };
  const answer = (request: ElasticsearchRequest): Reply => {
    const [, api = '', id = ''] = request.path.slice(1).split('/').map(decodeURIComponent);
    if (api === '_bulk') return bulk(request.bulkBody ?? []);
    if (api === '_update' || api === '_create') return write(api.slice(1), id);
    const reply = double.handle(request);
    const [described] = Object.entries(reply.body);
    if (api === '' && described !== undefined && 'aliases' in (described[1] as object)) index = described[0];
    return reply;
  };
  return clientOf(async (request) => {
    // As over a wire: timers get their turn between two answers, and every answer brings strings of its own.
    await new Promise((resolve) => setImmediate(resolve));
    return JSON.parse(JSON.stringify(answer(request))) as Reply;
  });
}

export const contenders = {
  async names({ names }: { names: number }): Promise<Weighed> {
    const store = new ElasticsearchSequenceStore({ client: forgetfulClient(), index: 'sequences' });
    const registry = new SequenceRegistry(store, resolveOptions({ idleTime: HOUR, maxSequences: 2 * names }));
    await registry.get('tenant:warm').next();
    const empty = await heap();
    for (let first = 0; first < names; first += AT_ONCE) {
      const last = Math.min(names, first + AT_ONCE);
      await Promise.all(Array.from({ length: last - first }, (_, index) => draw(registry, first + index)));
    }
    const awake = (await heap()) - empty;
    for (const name of registry.names) registry.putToSleep(name);
    const asleep = (await heap()) - empty;
    for (let name = 0; name < names; name += names / 10) await drawAgain(registry, name);
    await registry.close();
    return { awake: awake / names, asleep: asleep / names };
  },
};

function nameOf(tenant: number): string {
  return `receipts:tenant-${tenant}`;
}

type Registry = InstanceType<typeof SequenceRegistry>;

export async function draw(registry: Registry, tenant: number): Promise<void> {
  const id = await registry.get(nameOf(tenant)).next();
  if (id !== 1) throw new Error(`${nameOf(tenant)} began with ${id}`);
}

/** After it slept: without a request, as the server has forgotten it. */
export async function drawAgain(registry: Registry, tenant: number): Promise<void> {
  const id = await registry.get(nameOf(tenant)).next();
  if (id !== 2) throw new Error(`${nameOf(tenant)} woke up with ${id}`);
}

export async function heap(): Promise<number> {
  for (let time = 0; time < 4; time++) {
    // What weak references and finalizers hold goes in a later turn.
    await new Promise((resolve) => setImmediate(resolve));
    globalThis.gc!();
  }
  return process.memoryUsage().heapUsed;
}

export const idleNames: Row = {
  title: 'Names that nobody uses: what each weighs',
  async run({ quick, rounds }: Effort): Promise<Result> {
    const names = quick ? 10_000 : 100_000;
    const weighed: Weighed[] = [];
    for (let round = 0; round < Math.min(3, rounds); round++) {
      weighed.push(await start<Weighed>(import.meta.url, 'names', { names }).result);
    }
    const asleep = weighed.map((one) => one.asleep);
    const count = names.toLocaleString('en');
    return {
      figures: [
        {
          what: `bytes of heap per name that was used once, ${count} names awake`,
          target: '',
          measured: spread(weighed.map((one) => one.awake)),
        },
        {
          what: `the same, ${count} names asleep`,
          target: `at most ${TARGET}`,
          measured: spread(asleep),
          met: median(asleep) <= TARGET,
        },
      ],
      notes: [
        'All included: the name, the row of the registry, what the Elasticsearch store knows of the counter (pins and marks), and both maps. Heap after full collections, in a process of its own.',
        'The server is a double that remembers no counter. A name that wakes goes on with the next id and without a request: tried with ten of each run.',
      ],
    };
  },
};
