import { describe, expect, it } from '@jest/globals';
import { DocumentRequests } from '../../../lib/store/elasticsearch/document-requests.js';
import type { DocumentOperation } from '../../../lib/store/elasticsearch/document-operation.js';
import type { Caller } from '../../../lib/store/elasticsearch/operation-channel.js';
import type { Answer } from '../../../lib/store/elasticsearch/request.js';
import {
  type Group,
  type WaitingOperation,
  WaitingOperations,
} from '../../../lib/store/elasticsearch/waiting-operations.js';
import type { AttemptProgress } from '../../../lib/store/sequence-store.js';
import { type HeldRequest, HeldWire, turn } from '../../support/held-wire.js';
import { watch, type Watched } from '../../support/watched.js';

interface Given {
  kind?: 'read' | 'write';
  begun?: boolean;
  count?: () => number;
  build?: () => DocumentOperation | undefined;
  /** An earlier operation of the same attempt. */
  after?: Sent;
}

interface Sent extends Watched<Answer | undefined> {
  /** What the attempt was told of its progress. */
  told: string[];
  caller: Caller;
  leave(): void;
}

/** The requests of one store. Unless said otherwise the server is known to take many operations in one. */
async function start(options: { why?: () => Promise<string | undefined>; together?: boolean } = {}) {
  const { why = async () => undefined, together = true } = options;
  const wire = new HeldWire();
  const warnings: string[] = [];
  const requests = new DocumentRequests({
    client: wire.client,
    alias: 'counters',
    whyNotTogether: why,
    onSingle: (text) => warnings.push(text),
  });

  function send(name: string, given: Given = {}, staysOpen?: (end: () => void) => boolean): Sent {
    const { kind = 'write', begun = false, count = () => 1, after } = given;
    const controller = new AbortController();
    const told: string[] = [];
    const progress: AttemptProgress = {
      queued: () => told.push('queued'),
      sent: () => told.push('sent'),
      answered: () => told.push('answered'),
      staysOpen: (end) => staysOpen?.(end) === true,
    };
    const build = (): DocumentOperation =>
      kind === 'read'
        ? { kind: 'get', name }
        : { kind: 'update', name, condition: {}, body: { count: count() } };
    const operation = { name, kind, begun, build: given.build ?? build };
    const caller: Caller = after?.caller ?? { signal: controller.signal, progress };
    const watched = watch(requests.send(operation, caller));
    return Object.assign(watched, { caller, told, leave: () => controller.abort(new Error(`${name} left`)) });
  }

  /** Four requests that stay on their way, so that what comes now waits. */
  function occupy(staysOpen?: (end: () => void) => boolean): { held: HeldRequest[]; sent: Sent[] } {
    const before = wire.requests.length;
    const sent = [1, 2, 3, 4].map((number) => send(`busy-${before + number}`, {}, staysOpen));
    return { sent, held: wire.requests.slice(before) };
  }

  if (together) {
    for (let number = 0; number < 6; number++) send(`first-${number}`);
    for (const request of wire.requests) await answer(request);
    wire.requests.length = 0;
  }
  return { wire, warnings, send, occupy, requests };
}

function item(name: string, over: Record<string, unknown> = {}) {
  return { update: { _index: 'counters-1', _id: name, status: 200, result: 'updated', ...over } };
}

const error = (status: number, type: string) => ({ status, error: { type, reason: 'for a reason' } });

const itemsOf = ({ names }: HeldRequest) => ({ items: names.map((name) => item(name)) });

/** Answers each of its operations with success, and waits until all have been handed on. */
async function answer(request: HeldRequest): Promise<void> {
  const { names, params } = request;
  if (params.bulkBody !== undefined) {
    await request.answer(itemsOf(request));
    for (let handedOn = 40; handedOn < names.length; handedOn += 40) await turn();
  } else if (params.path.includes('_mget')) {
    await request.answer({ docs: names.map((_id) => ({ _index: 'counters-1', _id, found: true })) });
  } else await request.answer({ _index: 'counters-1', _id: names[0], result: 'updated' });
}

const range = (count: number, prefix = 'name') => Array.from({ length: count }, (_, at) => `${prefix}-${at}`);

describe('Operations that wait', () => {
  it('are taken of the oldest group in its turn, however many lone ones keep coming, begun or not', () => {
    const waiting = new WaitingOperations();
    const add = (name: string, begun: boolean, group: Group) => {
      group.size++;
      waiting.add({ name, kind: 'write', begun, group, left: false } as WaitingOperation);
    };
    const oldest: Group = { size: 0 };
    for (const name of range(30, 'oldest')) add(name, false, oldest);
    const taken: string[] = [];
    for (let number = 0; number < 200; number++) {
      add(`lone-${number}`, false, { size: 0 });
      add(`begun-${number}`, true, { size: 0 });
      for (let turns = 0; turns < 2; turns++) taken.push(...waiting.take(1, 'all').map(({ name }) => name));
    }
    expect(taken.filter((name) => name.startsWith('oldest'))).toEqual(range(30, 'oldest'));
  });
});

describe('The requests of a store', () => {
  it('are sent at once while there are fewer than four, each as a request of its own', async () => {
    const { wire, send } = await start();
    for (const name of range(6)) send(name);
    expect(wire.requests.map(({ params }) => params.path)).toEqual(
      range(4).map((name) => `/counters/_update/${name}`),
    );
  });

  it('are four at most: what comes meanwhile waits, and goes together with the next', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    const waiting = range(10).map((name) => send(name));
    expect(wire.requests).toHaveLength(4);
    await answer(held[0]!);
    expect(wire.requests).toHaveLength(5);
    expect(wire.requests[4]!.params.path).toBe('/counters/_bulk');
    expect(wire.requests[4]!.names).toEqual(range(10));
    await answer(wire.requests[4]!);
    expect(waiting.map(({ value }) => value)).toEqual(
      range(10).map((name) => ({ ok: true, body: item(name).update })),
    );
  });

  it('carry 500 operations at most', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    for (const name of range(1_100)) send(name);
    for (const request of held) await answer(request);
    await answer(wire.requests[4]!);
    expect(wire.requests.slice(4).map(({ names }) => names.length)).toEqual([500, 500, 100]);
  });

  it('carry reads or writes', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    const reads = range(3, 'read').map((name) => send(name, { kind: 'read' }));
    for (const name of range(3, 'write')) send(name);
    for (const request of held) await answer(request);
    expect(wire.requests.slice(4).map(({ params, names }) => [params.path, names])).toEqual([
      ['/counters/_mget', range(3, 'read')],
      ['/counters/_bulk', range(3, 'write')],
    ]);
    await answer(wire.requests[4]!);
    expect(reads.map(({ value }) => value?.ok)).toEqual([true, true, true]);
  });

  it('carry first what has begun: the second request of an attempt does not wait behind new ones', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    for (const name of range(550)) send(name);
    for (const name of range(3, 'read')) send(name, { kind: 'read' });
    for (const name of range(3, 'begun')) send(name, { begun: true });
    for (const request of held) await answer(request);
    await answer(wire.requests[4]!);
    const [first, second, third] = wire.requests.slice(4);
    expect(first!.names).toEqual([...range(3, 'begun'), ...range(497)]);
    expect(second!.names).toEqual(range(3, 'read'));
    expect(third!.names).toHaveLength(53);
  });

  it.each([
    { begun: false, most: 40 },
    { begun: true, most: 80 },
  ])(
    'hand on $most answers in one turn of the event loop, and keep their place until the last (begun: $begun)',
    async ({ begun, most }) => {
      const { wire, send, occupy } = await start();
      const { held } = occupy();
      const waiting = range(2 * most + 10).map((name) => send(name, { begun }));
      await answer(held[0]!);
      const later = range(30, 'later').map((name) => send(name));
      const answered = () => waiting.filter(({ state }) => state === 'resolved').length;
      await wire.requests[4]!.answer(itemsOf(wire.requests[4]!));
      expect(answered()).toBe(most);
      await turn();
      expect(answered()).toBe(2 * most);
      expect(wire.requests).toHaveLength(5);
      await turn();
      expect(answered()).toBe(waiting.length);
      expect(wire.requests[5]!.names).toHaveLength(later.length);
    },
  );

  it('are shared by the crowds that wait', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    for (const name of range(2_000, 'crowd')) send(name);
    await turn();
    for (const name of range(1_000, 'later')) send(name);
    await answer(held[0]!);
    const { names } = wire.requests[4]!;
    expect(names).toHaveLength(500);
    expect(names.filter((name) => name.startsWith('later'))).toHaveLength(250);
    expect(names.filter((name) => name.startsWith('crowd'))).toHaveLength(250);
  });

  it('for a crowd leave two places to those who come alone: each of their operations goes out at once', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    const crowd = range(2_000, 'crowd').map((name) => send(name));
    for (const request of held) await answer(request);
    expect(wire.requests.slice(4).map(({ names }) => names.length)).toEqual([500, 500]);
    await turn();
    const lone = send('lone', { kind: 'read' });
    expect(wire.requests.at(-1)!.names).toEqual(['lone']);
    await answer(wire.requests.at(-1)!);
    for (const [at, each] of crowd.slice(0, 500).entries()) send(`begun-${at}`, { begun: true, after: each });
    const written = send('lone', { begun: true, after: lone });
    expect(wire.requests.at(-1)!.names).toEqual(['lone']);
    await answer(wire.requests.at(-1)!);
    expect(written.state).toBe('resolved');
    expect(wire.requests.slice(4).map(({ names }) => names.length)).toEqual([500, 500, 1, 1]);
  });

  it('for those who come alone leave two places to a crowd, however many of them keep coming', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    await turn();
    for (const name of range(1_000, 'crowd')) send(name);
    const isOfCrowd = ({ names }: HeldRequest) => names.some((name) => name.startsWith('crowd'));
    const alone = [...held];
    for (let number = 0; number < 20; number++) {
      await turn();
      send(`lone-${number}`);
      const before = wire.requests.length;
      await answer(alone.shift()!);
      alone.push(...wire.requests.slice(before).filter((request) => !isOfCrowd(request)));
    }
    expect(wire.requests.filter(isOfCrowd).map(({ names }) => names.length)).toEqual([500, 500]);
    expect(wire.requests.flatMap(({ names }) => names)).toContain('lone-18');
  });

  it('carry twenty who came at once as they carry one, and more as a crowd', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    await turn();
    for (const name of range(700, 'crowd')) send(name);
    await turn();
    for (const request of held) await answer(request);
    for (const name of range(20, 'few')) send(name);
    expect(wire.requests.slice(6).map(({ names }) => names)).toEqual([['few-0'], ['few-1']]);
    await turn();
    for (const name of range(21, 'many')) send(name);
    await answer(wire.requests[6]!);
    expect(wire.requests[8]!.names).toEqual(range(20, 'few').slice(2));
    await answer(wire.requests[7]!);
    expect(wire.requests).toHaveLength(9);
  });

  it('go to the oldest crowd every other time where each carries one: small ones that keep coming pass it at most once', async () => {
    const { wire, send, occupy } = await start({ why: async () => 'one by one', together: false });
    occupy();
    for (const name of range(20, 'crowd')) send(name);
    await turn();
    for (let number = 0; number < 20; number++) {
      send(`small-${number}`);
      await turn();
      await answer(wire.requests[number]!);
    }
    const carried = wire.requests.slice(4).flatMap(({ names }) => names);
    expect(carried.filter((name) => name.startsWith('crowd')).length).toBeGreaterThanOrEqual(8);
    expect(carried.filter((name) => name.startsWith('small')).length).toBeGreaterThanOrEqual(8);
  });

  it('carry a name once', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    const sent = ['orders', 'invoices', 'orders', 'orders'].map((name) => send(name));
    for (const request of held) await answer(request);
    expect(wire.requests.slice(4).map(({ names }) => names)).toEqual([
      ['orders', 'invoices'],
      ['orders'],
      ['orders'],
    ]);
    for (const request of wire.requests.slice(4)) await answer(request);
    expect(sent.map(({ state }) => state)).toEqual(sent.map(() => 'resolved'));
  });

  it('ask what to send when they go out, and do not carry what need not be sent any more', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    let count = 1;
    send('orders', { count: () => count });
    const done = send('invoices', { build: () => undefined });
    const broken = send('shipments', {
      build: () => {
        throw new Error('no longer valid');
      },
    });
    send('tickets', { count: () => count });
    count = 70;
    await answer(held[0]!);
    expect(wire.requests[4]!.params.bulkBody).toMatchObject([
      { update: { _id: 'orders' } },
      { count: 70 },
      { update: { _id: 'tickets' } },
      { count: 70 },
    ]);
    expect(done).toMatchObject({ state: 'resolved', value: undefined });
    expect(broken.error).toMatchObject({ message: 'no longer valid' });
  });

  it('are not sent empty, and leave their place to others', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    for (const name of range(5)) send(name, { build: () => undefined });
    await answer(held[0]!);
    expect(wire.requests).toHaveLength(4);
    send('orders');
    expect(wire.requests).toHaveLength(5);
  });

  it('lose nothing that comes in the turn in which another caller left', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    await turn();
    const first = send('first');
    send('second');
    first.leave();
    // Looks through those who wait, in the same turn of the event loop.
    held[0]!.answer({ _index: 'counters-1', _id: 'busy-1', result: 'updated' }).catch(() => {});
    held[1]!.answer({ _index: 'counters-1', _id: 'busy-2', result: 'updated' }).catch(() => {});
    for (let step = 0; step < 30; step++) await Promise.resolve();
    expect(wire.requests.slice(4).map(({ names }) => names)).toEqual([['second']]);
    for (const name of range(3, 'again')) send(name);
    for (const request of wire.requests) await answer(request);
    await turn();
    expect(wire.requests.flatMap(({ names }) => names)).toEqual(expect.arrayContaining(range(3, 'again')));
  });

  it('tell each attempt when it waits, when it is sent and when it is answered', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    const [one, other] = [send('one'), send('other')];
    expect(one.told).toEqual(['queued']);
    await answer(held[0]!);
    expect([one.told, other.told]).toEqual([
      ['queued', 'sent'],
      ['queued', 'sent'],
    ]);
    await answer(wire.requests[4]!);
    expect([one.told, other.told]).toEqual([
      ['queued', 'sent', 'answered'],
      ['queued', 'sent', 'answered'],
    ]);
  });
});

/** Names whose operations are on their way in one request. */
async function together(names: readonly string[], given: Parameters<typeof start>[0] = {}) {
  const started = await start(given);
  const { held } = started.occupy();
  const sent = names.map((name) => started.send(name));
  await answer(held[0]!);
  const [request] = started.wire.requests.slice(4);
  expect(request!.names).toEqual(names);
  started.wire.requests.length = 0;
  return { ...started, sent, request: request!, held };
}

describe('The answer to operations that went together', () => {
  it.each<[string, (items: ReturnType<typeof item>[]) => unknown]>([
    ['fewer items', (items) => items.slice(1)],
    ['another order', (items) => items.toReversed()],
    ['another name', ([, ...items]) => [item('tickets'), ...items]],
    ['another operation', ([, ...items]) => [{ create: item('orders').update }, ...items]],
    ['no items', () => undefined],
  ])('that has %s counts for none of them: all may have been applied', async (_, change) => {
    const { sent, request } = await together(['orders', 'invoices', 'shipments']);
    await request.answer({ items: change(request.names.map((name) => item(name))) });
    for (const { error: thrown } of sent) {
      expect(thrown).toMatchObject({ code: 'UNAVAILABLE', ambiguous: true, retryable: true });
    }
    expect(sent.map(({ error: thrown }) => (thrown as { sequence: string }).sequence)).toEqual(request.names);
  });

  it('is judged one by one: what fails fails alone', async () => {
    const { sent, request } = await together(['ok', 'conflict', 'missing', 'busy', 'down', 'read-only']);
    await request.answer({
      errors: true,
      items: [
        item('ok'),
        item('conflict', error(409, 'version_conflict_engine_exception')),
        item('missing', error(404, 'document_missing_exception')),
        item('busy', error(429, 'es_rejected_execution_exception')),
        item('down', error(503, 'unavailable_shards_exception')),
        item('read-only', error(429, 'cluster_block_exception')),
      ],
    });
    expect(sent.map(({ state }) => state)).toEqual([
      'resolved',
      'resolved',
      'resolved',
      'rejected',
      'rejected',
      'resolved',
    ]);
    const [ok, conflict, missing, busy, down, readOnly] = sent;
    expect(ok!.value).toMatchObject({ ok: true, body: { result: 'updated' } });
    expect(conflict!.value).toMatchObject({ ok: false, error: { status: 409 } });
    expect(missing!.value).toMatchObject({
      ok: false,
      error: { status: 404, type: 'document_missing_exception' },
    });
    expect(busy!.error).toMatchObject({ code: 'UNAVAILABLE', ambiguous: false });
    expect(down!.error).toMatchObject({ code: 'UNAVAILABLE', ambiguous: true });
    expect(readOnly!.value).toMatchObject({ ok: false, error: { type: 'cluster_block_exception' } });
  });

  it('that never comes fails them all, and what comes next is served', async () => {
    const { sent, request, send, wire } = await together(['orders', 'invoices']);
    await request.fail(new Error('socket hang up'));
    for (const { error: thrown } of sent) {
      expect(thrown).toMatchObject({ code: 'UNAVAILABLE', ambiguous: true });
    }
    const next = send('orders');
    await answer(wire.requests[0]!);
    expect(next.state).toBe('resolved');
  });

  it('is the answer to each of them where the request as a whole was refused', async () => {
    const { sent, request, warnings, wire } = await together(['orders', 'invoices']);
    await request.answer(error(403, 'cluster_block_exception'), 403);
    for (const { value } of sent) {
      expect(value).toMatchObject({ ok: false, error: { status: 403, type: 'cluster_block_exception' } });
    }
    expect(wire.requests).toEqual([]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['400 of the server', 400, error(400, 'illegal_argument_exception')],
    ['413 of the server, without a word', 413, ''],
    ['413 of a gateway', 413, '<html>Request Entity Too Large</html>'],
  ])('that is a %s is asked for again in halves, as it was', async (_, status, body) => {
    const names = range(5);
    const { sent, request, wire, warnings } = await together(names);
    await request.answer(body, status);
    expect(wire.requests.map((each) => each.names)).toEqual([names.slice(0, 3)]);
    expect(sent[4]!.told.at(-1)).toBe('queued');
    expect(wire.requests[0]!.params.bulkBody).toEqual(request.params.bulkBody!.slice(0, 6));
    await answer(wire.requests[0]!);
    expect(wire.requests.map((each) => each.names)).toEqual([names.slice(0, 3), names.slice(3)]);
    await wire.requests[1]!.answer(body, status);
    await answer(wire.requests[2]!);
    expect(wire.requests.slice(2).map(({ params }) => params.path)).toEqual([
      '/counters/_update/name-3',
      '/counters/_update/name-4',
    ]);
    await wire.requests[3]!.answer(error(400, 'mapper_parsing_exception'), 400);
    expect(sent.map(({ value }) => value?.ok)).toEqual([true, true, true, true, false]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['403 of the server', 403, error(403, 'security_exception')],
    ['403 of a gateway', 403, '<html>Forbidden</html>'],
    ['400 for the path', 400, { error: 'no handler found for uri [/counters/_bulk] and method [POST]' }],
    ['404 for the path', 404, { error: 'no handler found for uri [/counters/_bulk] and method [POST]' }],
    ['405 of the server', 405, { error: 'Incorrect HTTP method for uri [/counters/_bulk]' }],
    ['405 of a gateway', 405, '<html>Method Not Allowed</html>'],
  ])('that is a %s is asked for one by one from then on, which is said once', async (_, status, body) => {
    const { sent, request, wire, warnings, send, held } = await together(['orders', 'invoices', 'shipments']);
    const later = ['tickets', 'parcels'].map((name) => send(name));
    await request.answer(body, status);
    expect(warnings).toEqual([expect.stringContaining('_bulk')]);
    for (const place of [0, 1, 2]) await answer(wire.requests[place]!);
    for (const busy of held.slice(1)) await answer(busy);
    for (const each of wire.requests.slice(3)) await answer(each);
    expect(wire.requests.map(({ params }) => params.path)).toEqual(
      ['orders', 'invoices', 'shipments', 'tickets', 'parcels'].map((name) => `/counters/_update/${name}`),
    );
    expect([...sent, ...later].every(({ value }) => value?.ok === true)).toBe(true);
    expect(warnings).toHaveLength(1);
  });

  it('that is a 404 of a gateway is asked for one by one from then on, if the first of them passes', async () => {
    const { sent, request, wire, warnings, send, held } = await together(['orders', 'invoices', 'shipments']);
    await request.answer('<html>Not Found</html>', 404);
    expect(warnings).toEqual([]);
    for (const place of [0, 1, 2]) await answer(wire.requests[place]!);
    expect(warnings).toEqual([expect.stringContaining('_bulk')]);
    for (const busy of held.slice(1)) await answer(busy);
    const later = ['tickets', 'parcels'].map((name) => send(name));
    for (const each of wire.requests.slice(3)) await answer(each);
    expect(wire.requests.map(({ names }) => names)).toEqual(
      ['orders', 'invoices', 'shipments', 'tickets', 'parcels'].map((name) => [name]),
    );
    expect([...sent, ...later].every(({ value }) => value?.ok === true)).toBe(true);
    expect(warnings).toHaveLength(1);
  });

  it('that is a 404 of a gateway is tried with an operation whose caller still waits', async () => {
    const { sent, request, wire } = await together(['orders', 'invoices', 'shipments']);
    sent[0]!.leave();
    await request.answer('<html>Not Found</html>', 404);
    expect(wire.requests.map(({ names }) => names)).toEqual([['invoices']]);
  });

  it('that is a 404 of a gateway that is about to pass fails them all, and the next go together again', async () => {
    const { sent, request, wire, warnings, send, occupy, held } = await together(['orders', 'invoices']);
    await request.answer('<html>Not Found</html>', 404);
    expect(wire.requests.map(({ names }) => names)).toEqual([['orders']]);
    await wire.requests[0]!.answer('<html>Not Found</html>', 404);
    for (const { error } of sent) expect(error).toMatchObject({ code: 'UNAVAILABLE' });
    for (const busy of held) await answer(busy);
    expect(warnings).toEqual([]);
    const again = occupy();
    const next = ['tickets', 'parcels'].map((name) => send(name));
    await answer(again.held[0]!);
    expect(wire.requests.at(-1)!.names).toEqual(['tickets', 'parcels']);
    await answer(wire.requests.at(-1)!);
    expect(next.every(({ value }) => value?.ok === true)).toBe(true);
  });

  it('that refuses two requests for many at the same time is told once', async () => {
    const { wire, send, occupy, warnings } = await start();
    const { held } = occupy();
    for (const name of range(2)) send(name);
    await answer(held[0]!);
    for (const name of range(2, 'more')) send(name);
    await answer(held[1]!);
    for (const request of wire.requests.slice(4, 6)) {
      expect(request.params.path).toBe('/counters/_bulk');
      await request.answer(error(403, 'security_exception'), 403);
    }
    expect(warnings).toHaveLength(1);
  });

  it('is not asked for again for those who have left meanwhile', async () => {
    const { sent, request, wire } = await together(['orders', 'invoices', 'shipments']);
    await request.answer(error(403, 'security_exception'), 403);
    sent[1]!.leave();
    await answer(wire.requests[0]!);
    expect(wire.requests.map(({ names }) => names)).toEqual([['orders'], ['shipments']]);
  });

  it('is waited for by those who stay: one who leaves does not end the request, the last does', async () => {
    const { sent, request } = await together(['orders', 'invoices', 'shipments']);
    sent[0]!.leave();
    sent[1]!.leave();
    await turn();
    expect(request.ended).toBe(false);
    expect(sent.map(({ state }) => state)).toEqual(['rejected', 'rejected', 'pending']);
    expect(sent[0]!.error).toMatchObject({ message: 'orders left' });
    sent[2]!.leave();
    await turn();
    expect(request.ended).toBe(true);
    expect(sent[2]!.state).toBe('rejected');
  });
});

describe('Whether operations may go together', () => {
  it('is asked when two wait for the first time, and not for those who find the way free', async () => {
    let asked = 0;
    const why = async () => {
      asked++;
      return undefined;
    };
    const { wire, send } = await start({ why, together: false });
    for (const name of range(4)) send(name);
    send('lone');
    await answer(wire.requests[0]!);
    expect(asked).toBe(0);
    for (const name of range(3, 'more')) send(name);
    await answer(wire.requests[1]!);
    await answer(wire.requests[2]!);
    expect(asked).toBe(1);
    expect(wire.requests.slice(4).map(({ names }) => names)).toEqual([
      ['lone'],
      ['more-0'],
      ['more-1', 'more-2'],
    ]);
  });

  it('is decided once: they go one by one for a reason that is told', async () => {
    const why = async () => 'of a bug of the server';
    const { wire, send, warnings } = await start({ why, together: false });
    for (const name of range(12)) send(name);
    for (let place = 0; place < 12; place++) await answer(wire.requests[place]!);
    expect(wire.requests.map(({ names }) => names)).toEqual(range(12).map((name) => [name]));
    expect(warnings).toEqual(['of a bug of the server']);
  });

  it('is asked once at a time', async () => {
    let asked = 0;
    const why = () => {
      asked++;
      return new Promise<undefined>(() => {});
    };
    const { wire, send } = await start({ why, together: false });
    for (const name of range(12)) send(name);
    for (const request of wire.requests) await answer(request);
    expect(wire.requests.map(({ names }) => names)).toEqual(range(12).map((name) => [name]));
    expect(asked).toBe(1);
  });

  it('is asked again when the server did not say', async () => {
    let asked = 0;
    const why = async () => {
      if (asked++ === 0) throw new Error('no answer');
      return undefined;
    };
    const { wire, send, warnings } = await start({ why, together: false });
    for (const name of range(12)) send(name);
    for (const request of wire.requests) await answer(request);
    expect(asked).toBe(2);
    expect(wire.requests.flatMap(({ names }) => names)).toEqual(range(12));
    expect(wire.requests.at(-1)!.names.length).toBeGreaterThan(1);
    expect(warnings).toEqual([]);
  });
});

describe('Callers who leave', () => {
  it('while they wait are not sent', async () => {
    const { wire, send, occupy } = await start();
    const { held } = occupy();
    const [orders] = [send('orders'), send('invoices'), send('shipments')];
    const begun = send('tickets', { begun: true });
    orders!.leave();
    begun.leave();
    await answer(held[0]!);
    expect(wire.requests[4]!.names).toEqual(['invoices', 'shipments']);
    expect(orders!.error).toMatchObject({ message: 'orders left' });
  });

  it('before they ask are not sent', async () => {
    const { wire, requests } = await start();
    const signal = AbortSignal.abort(new Error('left'));
    const build = (): DocumentOperation => ({ kind: 'get', name: 'orders' });
    const sent = requests.send({ name: 'orders', kind: 'read', begun: false, build }, { signal });
    await expect(sent).rejects.toThrow('left');
    expect(wire.requests).toEqual([]);
  });

  it('all of a request make room for another, and their request may stay open', async () => {
    const { wire, send, occupy } = await start();
    const { sent, held } = occupy(() => true);
    const waiting = send('orders');
    expect(wire.requests).toHaveLength(4);
    sent[0]!.leave();
    await turn();
    expect(held[0]!.ended).toBe(false);
    expect(wire.requests).toHaveLength(5);
    await answer(wire.requests[4]!);
    expect(waiting.state).toBe('resolved');
    await answer(held[0]!);
    expect(sent[0]!.told.at(-1)).toBe('answered');
  });

  it('leave four requests open at most; when one of them ends another may stay', async () => {
    const { occupy } = await start();
    const leaveAll = (crew: Sent[]) => crew.forEach((each) => each.leave());
    const first = occupy(() => true);
    leaveAll(first.sent);
    const second = occupy(() => true);
    leaveAll(second.sent);
    await turn();
    expect(first.held.map(({ ended }) => ended)).toEqual([false, false, false, false]);
    expect(second.held.map(({ ended }) => ended)).toEqual([true, true, true, true]);
    await answer(first.held[0]!);
    await first.held[1]!.fail(new Error('socket hang up'));
    const third = occupy(() => true);
    leaveAll(third.sent);
    await turn();
    expect(third.held.map(({ ended }) => ended)).toEqual([false, false, true, true]);
  });

  it('leave no request open that their attempts do not want', async () => {
    const { occupy } = await start();
    const { sent, held } = occupy();
    sent[0]!.leave();
    await turn();
    expect(held[0]!.ended).toBe(true);
  });

  it('of one half do not let more than four be under way with the other', async () => {
    const { sent, request, wire, send } = await together(range(4));
    await request.answer('', 413);
    const half = wire.requests[0]!;
    expect(half.names).toEqual(range(2));
    for (const caller of sent.slice(0, 2)) caller.leave();
    await turn();
    expect(wire.requests.at(-1)!.names).toEqual(['name-2', 'name-3']);
    expect(wire.requests).toHaveLength(2);
    send('orders');
    expect(wire.requests).toHaveLength(2);
    await answer(wire.requests[1]!);
    expect(wire.requests.at(-1)!.names).toEqual(['orders']);
  });
});
