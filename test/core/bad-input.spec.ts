import { inspect } from 'node:util';
import {
  ElasticsearchSequenceStore,
  getSequenceToken,
  MemorySequenceStore,
  SequenceModule,
  type SequenceModuleOptions,
} from 'nestjs-essequence';
import { resolveOptions } from '../../lib/nest/sequence-module.options.js';
import { start } from '../support/scripted-process.js';

const { clock, store, registry } = start();

/** What is said of a value must fit a log line. */
const line = /^[\x20-\x7e]{1,600}$/;

async function refused(call: () => unknown, error: typeof TypeError | typeof RangeError) {
  const thrown: unknown = await (async () => call())().then(
    (result) => new Error(`nothing was thrown, but ${inspect(result)} given`),
    (reason: unknown) => reason,
  );
  expect(thrown).toBeInstanceOf(error);
  expect((thrown as Error).message).toMatch(line);
  expect((thrown as Error).message).toMatch(/[Ee]xpected|[Uu]nknown|no effect|different/);
}

afterEach(async () => {
  await clock.turn();
  expect(store.claims.length + store.ensures.length + store.fences.length).toBe(0);
});

describe('A name is refused before any request', () => {
  const names: unknown[] = [
    '',
    ' ',
    'a'.repeat(129),
    'a'.repeat(513),
    '.',
    '..',
    'a/b',
    'a~b',
    'invoices~acme~2026',
    'a\nb',
    'a\0b',
    'a b',
    '\ud800',
    'a\ud800',
    'cafe\u0301',
    'caf\u00e9',
    '_x',
    '__proto__',
    '-x',
    'a,b',
    'a*',
    'a?b',
    'a#b',
    'a%2fb',
    'a\u202eb',
    undefined,
    null,
    1,
    1n,
    true,
    Symbol('x'),
    ['orders'],
    { toString: () => 'orders' },
    () => 'orders',
  ];

  it.each(names.map((name) => [inspect(name).slice(0, 40), name as string]))('%s', async (_, name) => {
    await refused(() => registry.get(name), TypeError);
    await refused(() => registry.define(name, {}), TypeError);
    await refused(() => getSequenceToken(name), TypeError);
    await refused(() => SequenceModule.forFeature({ name }), TypeError);
    if (typeof name === 'string') {
      await refused(() => resolveOptions({ sequences: { [name]: {}, ...proto(name) } }), TypeError);
    }
  });

  /** A literal cannot have the key `__proto__`. */
  function proto(name: string): Record<string, object> {
    return JSON.parse(JSON.stringify({ x: 0 }).replace('"x":0', `${JSON.stringify(name)}:{}`));
  }

  it.each([
    'a',
    'A',
    '0',
    'orders:7',
    'a.b_c-d:e',
    'constructor',
    'toString',
    'hasOwnProperty',
    'x'.repeat(128),
  ])('but not %s', (name) => {
    expect(registry.get(name).name).toBe(name);
    expect(resolveOptions({ sequences: {} }).definition(name)).toEqual({});
  });
});

type Row = [value: unknown, error: typeof TypeError | typeof RangeError];

const notIntegers: Row[] = [
  [0.5, RangeError],
  [Number.NaN, RangeError],
  [Infinity, RangeError],
  [-Infinity, RangeError],
  [2 ** 53, RangeError],
  ['100', TypeError],
  [10n, TypeError],
  [true, TypeError],
  [null, TypeError],
  [[], TypeError],
];

describe('A block size is refused', () => {
  it.each<Row>([
    ...notIntegers,
    [0, RangeError],
    [-1, RangeError],
    [1_000_001, RangeError],
    [1e9, RangeError],
    [{ min: 0 }, RangeError],
    [{ max: 0 }, RangeError],
    [{ min: 11, max: 10 }, RangeError],
    [{ max: 1_000_001 }, RangeError],
    [{ min: '1' }, TypeError],
    [{ min: null }, TypeError],
    [{ size: 10 }, TypeError],
  ])('%p', async (value, error) => {
    const blockSize = value as number;
    await refused(() => resolveOptions({ blockSize }), error);
    await refused(() => resolveOptions({ sequences: { orders: { blockSize } } }), error);
    await refused(() => resolveOptions({ sequences: () => ({ blockSize }) }).definition('orders'), error);
    await refused(() => registry.get('orders', undefined, blockSize), error);
    await refused(() => registry.define('orders', { blockSize }), error);
  });

  it.each([1, 1_000_000, {}, { min: 1 }, { max: 5 }, { min: 5, max: 5 }])('but not %p', (blockSize) => {
    expect(resolveOptions({ blockSize }).blockSize).toEqual(blockSize);
  });
});

describe('A start is refused', () => {
  it.each<Row>([...notIntegers, [0, RangeError], [-1, RangeError]])('%p', async (value, error) => {
    const start = value as number;
    await refused(() => resolveOptions({ sequences: { orders: { start } } }), error);
    await refused(() => resolveOptions({ sequences: () => ({ start }) }).definition('orders'), error);
    await refused(() => registry.define('orders', { start }), error);
  });
});

describe('A module option is refused', () => {
  const rows: [string, Row[]][] = [
    ['timeout', [...notIntegers, [0, RangeError], [-1, RangeError], [2 ** 31, RangeError]]],
    ['closeTimeout', [...notIntegers, [-1, RangeError], [2 ** 31, RangeError]]],
    ['reserveTime', [...notIntegers, [-1, RangeError], [3_600_001, RangeError]]],
    ['maxWaste', [...notIntegers, [0, RangeError]]],
    ['maxWaiters', [...notIntegers, [0, RangeError]]],
    ['maxSequences', [...notIntegers, [0, RangeError]]],
    ['floor', [5, 'x', null, {}].map((value) => [value, TypeError])],
    ['store', [{}, null, 'memory', MemorySequenceStore].map((value) => [value, TypeError])],
    ['sequences', [[], 'orders', 5].map((value) => [value, TypeError])],
    ['blocksize', [[10, TypeError]]],
    ['__typo', [[undefined, TypeError]]],
  ];

  it.each(rows.flatMap(([key, values]) => values.map(([value, error]) => [key, value, error] as const)))(
    '%s: %p',
    async (key, value, error) => {
      await refused(() => resolveOptions({ [key]: value } as SequenceModuleOptions), error);
    },
  );

  it.each([null, 'options', 5, []])('when it is no record of options: %p', async (options) => {
    await refused(() => resolveOptions(options as SequenceModuleOptions), TypeError);
  });

  it.each(['index', 'strategy', 'create', 'historyCheck'])('%s beside store', async (key) => {
    const value = { index: 'counters', strategy: 'cas', create: 'never', historyCheck: false }[key];
    await refused(() => resolveOptions({ store: new MemorySequenceStore(), [key]: value }), TypeError);
  });

  it('but an explicit undefined means the default', () => {
    const keys = ['store', 'index', 'blockSize', 'sequences', 'floor', 'timeout', 'maxWaiters'];
    expect(resolveOptions(Object.fromEntries(keys.map((key) => [key, undefined])))).toMatchObject({
      timeout: 5_000,
      closeTimeout: 2_000,
      reserveTime: 5_000,
      maxWaiters: 100_000,
      maxSequences: 100_000,
      blockSize: { min: 10, max: 1_000_000 },
    });
  });
});

describe('A definition is refused', () => {
  it.each([[{ begin: 5 }], [null], [5], [[]], [{ transform: String }]])('%p', async (definition) => {
    await refused(() => resolveOptions({ sequences: { orders: definition as object } }), TypeError);
    await refused(() => registry.define('orders', definition as object), TypeError);
    await refused(() => SequenceModule.forFeature({ name: 'orders', begin: 5 } as never), TypeError);
  });

  it('when it disagrees with another one on start or block size, and both are shown', () => {
    const sequences = { orders: { start: 1_000 } };
    const { registry } = start({ sequences });
    registry.define('orders', { start: 1_000, blockSize: { min: 5 } });
    expect(() => registry.define('orders', { start: 1 })).toThrow(/1000.*"start":1\b/);
    expect(() => registry.define('orders', { blockSize: 5 })).toThrow(/"min":5.*"blockSize":5/);
    registry.define('orders', { blockSize: { min: 5 } });
  });
});

describe('A count is refused', () => {
  it.each<Row>([...notIntegers, [-1, RangeError], [1_000_001, RangeError], [undefined, TypeError]])(
    'by take: %p',
    async (value, error) => {
      const count = value as number;
      await refused(() => registry.get('orders').take(count), error);
    },
  );

  it.each<Row>([...notIntegers, [-1, RangeError], [undefined, TypeError]])(
    'by stream: %p',
    async (count, error) => {
      await refused(() => registry.get('orders').stream(count as number), error);
    },
  );
});

describe('An id is refused', () => {
  it.each<Row>([
    ...notIntegers,
    [-1, RangeError],
    [Number.MAX_SAFE_INTEGER, RangeError],
    [Number.MAX_SAFE_INTEGER - 999_999, RangeError],
    [undefined, TypeError],
  ])('by ensureAtLeast: %p', async (id, error) => {
    await refused(() => registry.get('orders').ensureAtLeast(id as number), error);
  });

  it.each<Row>([...notIntegers, [-1, RangeError]])('by fence: %p', async (value, error) => {
    const sequence = registry.get('orders');
    await refused(() => sequence.fence({ jump: value as number }), error);
    await refused(() => sequence.fence({ above: value as number }), error);
  });
});

describe('Call options are refused', () => {
  const calls: [string, (options: never) => unknown][] = [
    ['next', (options) => registry.get('orders').next(options)],
    ['take', (options) => registry.get('orders').take(1, options)],
    ['stream', (options) => registry.get('orders').stream(1, options)],
    ['inspect', (options) => registry.get('orders').inspect(options)],
    ['ensureAtLeast', (options) => registry.get('orders').ensureAtLeast(1, options)],
    ['fence', (options) => registry.get('orders').fence(options)],
  ];
  const rows: Row[] = [
    [{ timeout: 0 }, RangeError],
    [{ timeout: -1 }, RangeError],
    [{ timeout: 1.5 }, RangeError],
    [{ timeout: Infinity }, RangeError],
    [{ timeout: 2 ** 31 }, RangeError],
    [{ timeout: '5' }, TypeError],
    [{ timeout: null }, TypeError],
    [{ signal: {} }, TypeError],
    [{ signal: null }, TypeError],
    [{ signal: new AbortController() }, TypeError],
    [{ timeOut: 5 }, TypeError],
    [null, TypeError],
    [5, TypeError],
    [[], TypeError],
  ];

  it.each(calls.flatMap(([name, call]) => rows.map((row) => [name, ...row, call] as const)))(
    'by %s: %p',
    async (_, options, error, call) => {
      await refused(() => call(options as never), error);
    },
  );

  it.each(['x', null, {}])('by get: the transform %p', async (transform) => {
    await refused(() => registry.get('orders', transform as never), TypeError);
  });

  it('by get: an unknown key', async () => {
    await refused(() => registry.get('orders', undefined, { mox: 5 } as never), TypeError);
  });
});

describe('ElasticsearchSequenceStore refuses', () => {
  const client = { transport: { request: () => Promise.reject(new Error('a request was sent')) } };

  it.each<[string, unknown]>([
    ['client', undefined],
    ['client', null],
    ['client', 'http://localhost:9200'],
    ['index', ''],
    ['index', 'Counters'],
    ['index', '_counters'],
    ['index', '-counters'],
    ['index', 'a,b'],
    ['index', 'a*'],
    ['index', '../x'],
    ['index', 'x'.repeat(201)],
    ['index', 5],
    ['strategy', 'painless'],
    ['strategy', null],
    ['create', true],
    ['historyCheck', 'yes'],
    ['alias', 'counters'],
  ])('%s: %p', async (key, value) => {
    await refused(() => new ElasticsearchSequenceStore({ client, [key]: value } as never), TypeError);
  });
});

describe('Too many names', () => {
  it('are a typed error, and the names in use go on', async () => {
    const { registry } = start({ maxSequences: 2 });
    registry.get('orders');
    registry.get('two');
    registry.get('orders');
    expect(() => registry.get('three')).toThrow(
      expect.objectContaining({ code: 'TOO_MANY_SEQUENCES', sequence: 'three', retryable: false }),
    );
    expect(registry.get('two').name).toBe('two');
  });
});
