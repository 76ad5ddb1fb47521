import { Redis } from 'ioredis';
import { Client as PostgresClient } from 'pg';
import { clientOf, openSequence, type Place } from './elasticsearch-sequence.js';
import { PythonPackageSequence } from './python-package.js';

/** Ids from a store that is shared, by whatever method. */
export interface Peer {
  next(): Promise<number>;
  /** Requests sent to the store so far. */
  calls(): number;
  /** The highest id the store counts as given away. */
  stored(): Promise<number>;
  close(): Promise<void>;
}

export type PeerKind = 'elasticsearch' | 'postgres' | 'redis';

export interface PeerPlan {
  title: string;
  kind: PeerKind;
  open(place: Place): Promise<Peer>;
}

const BLOCK = 1_000;
/** What its documentation measured. */
const VERSION_BLOCK = 100;

export const PEERS: Record<string, PeerPlan> = {
  sequence: {
    title: 'this library, adaptive blocks',
    kind: 'elasticsearch',
    open: async (place) => ownSequence(place),
  },
  sequence1000: {
    title: 'this library, blockSize 1000',
    kind: 'elasticsearch',
    open: async (place) => ownSequence(place, BLOCK),
  },
  python: {
    title: "the Python package's algorithm (blocks of 10)",
    kind: 'elasticsearch',
    async open(place) {
      const client = clientOf(place);
      const sequence = new PythonPackageSequence(client, place.index, 'orders');
      return {
        next: () => sequence.next(),
        calls: () => sequence.requests,
        stored: async () => (await document(place))._source.iid,
        close: async () => void (await client.close()),
      };
    },
  },
  version: {
    title: `the \`_version\` method (bulk of ${VERSION_BLOCK}, as ElasticSearchX::Sequence)`,
    kind: 'elasticsearch',
    async open(place) {
      const client = clientOf(place);
      const body = Array.from({ length: VERSION_BLOCK }, () => [
        { index: { _index: place.index, _id: 'orders' } },
        {},
      ]).flat();
      const blocks = inBlocks(async () => {
        const answer = (await client.bulk({ body })) as unknown as {
          body: { items: { index: { _version: number } }[] };
        };
        return answer.body.items.map(({ index }) => index._version);
      });
      return {
        ...blocks,
        stored: async () => (await document(place))._version,
        close: async () => void (await client.close()),
      };
    },
  },
  nextval: { title: 'PostgreSQL nextval, CACHE 1', kind: 'postgres', open: (place) => postgres(place, 1) },
  nextvalCache: {
    title: 'PostgreSQL nextval, CACHE 1000',
    kind: 'postgres',
    open: (place) => postgres(place, BLOCK),
  },
  nextvalMany: {
    title: 'PostgreSQL nextval, 1000 per query',
    kind: 'postgres',
    open: (place) => postgres(place, 1, BLOCK),
  },
  incr: { title: 'Redis INCR, appendfsync always', kind: 'redis', open: (place) => redis(place) },
  incrby: {
    title: 'Redis INCRBY 1000, appendfsync always',
    kind: 'redis',
    open: (place) => redis(place, BLOCK),
  },
};

async function ownSequence(place: Place, blockSize?: number): Promise<Peer> {
  const { sequence, requests, close } = openSequence(place, { blockSize });
  return {
    next: () => sequence.next(),
    calls: requests,
    stored: async () => (await sequence.inspect())!.last,
    close,
  };
}

async function postgres({ url, index }: Place, cache: number, perQuery?: number): Promise<Peer> {
  const { port } = new URL(url);
  const client = new PostgresClient({
    host: '127.0.0.1',
    port: Number(port),
    user: 'bench',
    database: 'postgres',
  });
  client.on('error', () => {});
  await client.connect();
  const name = `"${index}"`;
  await client.query(`CREATE SEQUENCE IF NOT EXISTS ${name} CACHE ${cache}`);
  const text = `SELECT nextval('${name}') AS id${perQuery === undefined ? '' : ` FROM generate_series(1, ${perQuery})`}`;
  const query = { name: 'draw', text, rowMode: 'array' } as const;
  const draw = async () =>
    ((await client.query(query)) as unknown as { rows: string[][] }).rows.map(([id]) => Number(id));
  let calls = 0;
  const single = async () => {
    calls++;
    return (await draw())[0]!;
  };
  const blocks = inBlocks(draw);
  return {
    ...(perQuery === undefined ? { next: single, calls: () => calls } : blocks),
    stored: async () => Number((await client.query(`SELECT last_value FROM ${name}`)).rows[0].last_value),
    close: () => client.end(),
  };
}

async function redis({ url, index }: Place, block?: number): Promise<Peer> {
  const client = new Redis(Number(new URL(url).port), '127.0.0.1', {
    maxRetriesPerRequest: 0,
    lazyConnect: true,
  });
  client.on('error', () => {});
  await client.connect();
  let calls = 0;
  const single = () => {
    calls++;
    return client.incr(index);
  };
  const blocks = inBlocks(async () => {
    const last = await client.incrby(index, block!);
    return Array.from({ length: block! }, (_, offset) => last - block! + 1 + offset);
  });
  return {
    ...(block === undefined ? { next: single, calls: () => calls } : blocks),
    stored: async () => Number(await client.get(index)),
    close: async () => client.disconnect(),
  };
}

/** The plain way to draw many at once: the next block when the present one is empty. */
function inBlocks(claim: () => Promise<number[]>): Pick<Peer, 'next' | 'calls'> {
  let ids: number[] = [];
  let given = 0;
  let calls = 0;
  let claiming: Promise<void> | undefined;
  return {
    calls: () => calls,
    async next() {
      while (given === ids.length) {
        calls++;
        await (claiming ??= claim()
          .then((claimed) => {
            ids = claimed;
            given = 0;
          })
          .finally(() => (claiming = undefined)));
      }
      return ids[given++]!;
    },
  };
}

async function document({ url, index }: Place): Promise<{ _version: number; _source: { iid: number } }> {
  const answer = await fetch(`${url}/${index}/_doc/orders`);
  return (await answer.json()) as { _version: number; _source: { iid: number } };
}
