import { describe, expect, it } from '@jest/globals';
import { CounterDocuments } from '../../../lib/store/elasticsearch/counter-documents.js';
import { DocumentRequests } from '../../../lib/store/elasticsearch/document-requests.js';
import type { ElasticsearchRequest } from '../../../lib/store/elasticsearch/request.js';
import type { Sighting } from '../../../lib/store/elasticsearch/identity.js';
import {
  type Change,
  decide,
  fieldsAfter,
  type Known,
  learn,
  NOTHING_KNOWN,
  type Outcome,
} from '../../../lib/store/elasticsearch/protocol.js';
import { ElasticsearchDouble, failure, type Reply } from '../../support/elasticsearch-double.js';
import { type HeldRequest, HeldWire, turn } from '../../support/held-wire.js';

/*
 * Every fate of one request for two counters: which of its items were applied, and how often, and what the answer says.
 * The requests, the pairing of answers with names and the rules that judge them are the library's own.
 *
 * Left out: an answer to another process's request. Nothing in an answer tells whose it is, alone or together.
 */
const NAMES = ['a', 'b'] as const;
const COUNT = 3;
const CHANGE: Change = { kind: 'claim', count: COUNT, floor: 0, max: Number.MAX_SAFE_INTEGER };
const KINDS = ['script', 'compare-and-set', 'create'] as const;
type Kind = (typeof KINDS)[number];
type Name = (typeof NAMES)[number];

/**
 * An item of an answer: that of an earlier request of this process, that of one of the times this one was applied, or
 * what was applied named otherwise.
 */
type Item = `${Name} ${'before' | 'first' | 'second'}` | 'a as another operation' | 'null';
interface Story {
  kind: Kind;
  /** How often each item was applied. */
  applied: Record<Name, number>;
  /** Undefined: the connection broke. */
  answer: Item[] | undefined;
}

function* stories(kind: Kind): Generator<Story> {
  for (const a of [0, 1, 2]) {
    for (const b of [0, 1, 2]) {
      const names: Item[] = NAMES.flatMap((name): Item[] => [
        `${name} before`,
        `${name} first`,
        ...((name === 'a' ? a : b) === 2 ? [`${name} second` as const] : []),
      ]);
      const items: Item[] = [...names, 'a as another operation', 'null'];
      const applied = { a, b };
      yield { kind, applied, answer: undefined };
      for (const answer of [[], ...items.map((item) => [item])]) yield { kind, applied, answer };
      for (const one of items) for (const other of items) yield { kind, applied, answer: [one, other] };
      for (const last of items) yield { kind, applied, answer: ['a first', 'b first', last] };
    }
  }
}

class World {
  readonly double: ElasticsearchDouble;
  readonly wire = new HeldWire();
  readonly given: Record<Name, number[]> = { a: [], b: [] };
  readonly known: Record<Name, Known> = { a: NOTHING_KNOWN, b: NOTHING_KNOWN };
  readonly documents: CounterDocuments;
  readonly #before = new Map<string, unknown>();
  readonly #signal = new AbortController().signal;

  constructor(readonly kind: Kind) {
    this.double = new ElasticsearchDouble(kind === 'script');
    const requests = new DocumentRequests({
      client: this.wire.client,
      alias: 'counters',
      whyNotTogether: async () => undefined,
      onSingle: (why) => {
        throw new Error(why);
      },
    });
    this.documents = new CounterDocuments(requests, 'counters');
  }

  async start(): Promise<void> {
    const aliases = { counters: { is_write_index: true } };
    this.#handle({ method: 'PUT', path: '/counters-1', body: { aliases } });
    // So that what waits goes together.
    for (let number = 0; number < 6; number++) this.#look(`other-${number}`);
    for (const request of this.wire.requests) await this.#answerHonestly(request);
    if (this.kind === 'create') {
      // A creation that was given up: its counter was deleted, but a proxy still has the answer.
      for (const name of NAMES) {
        this.#remember(this.#handle(createRequest(name, 'former')), name);
        this.double.deleteDocument('counters', name);
      }
      return;
    }
    for (const name of NAMES) this.#handle(createRequest(name, 'present'));
    await this.claimTogether((request) => {
      const reply = this.#handle(request.params);
      for (const item of reply.body['items'] as object[]) {
        this.#before.set((Object.values(item)[0] as { _id: string })._id, item);
      }
      return reply;
    });
  }

  /** What became of the claims of both, in one request. */
  async claimTogether(
    answer: (request: HeldRequest) => Reply | undefined,
  ): Promise<Record<Name, PromiseSettledResult<boolean>>> {
    const { requests } = this.wire;
    const before = requests.length;
    for (let number = 0; number < 4; number++) this.#look(`busy-${number}`);
    const claims = Promise.allSettled(NAMES.map((name) => this.#claim(name)));
    const busy = requests.slice(before);
    await this.#answerHonestly(busy[0]!);
    const together = requests.at(-1)!;
    expect(together.names).toEqual(NAMES);
    const reply = answer(together);
    if (reply === undefined) await together.fail(new Error('socket hang up'));
    else await together.answer(reply.body);
    for (const request of busy.slice(1)) await this.#answerHonestly(request);
    const [a, b] = await claims;
    return { a: a!, b: b! };
  }

  /** Plays what a story says of the request, and gives the answer it says. */
  meet({ applied, answer }: Story, { params }: HeldRequest): Reply | undefined {
    const items = new Map<Item, unknown>();
    for (const [place, name] of NAMES.entries()) {
      const bulkBody = params.bulkBody!.slice(2 * place, 2 * place + 2);
      const busy = failure(429, 'es_rejected_execution_exception', 'busy').body;
      const [kind] = Object.keys(bulkBody[0]!);
      items.set(`${name} first`, { [kind!]: { _index: 'counters-1', _id: name, ...busy } });
      for (const time of (['first', 'second'] as const).slice(0, applied[name])) {
        const reply = this.#handle({ ...params, bulkBody });
        const [item] = reply.body['items'] as unknown[];
        items.set(`${name} ${time}`, item);
        this.#claimElsewhere(name);
      }
      items.set(`${name} before`, this.#before.get(name));
    }
    const [a] = Object.values(items.get('a first') as object);
    items.set('a as another operation', { index: a });
    items.set('null', null);
    return answer && { status: 200, body: { items: answer.map((item) => items.get(item)) } };
  }

  /** As the store does it. Whether it was accepted. */
  async #claim(name: Name): Promise<boolean> {
    const sent = this.known[name];
    const outcome = await this.#write(name, sent);
    if (outcome?.kind !== 'written') return false;
    const decision = decide(outcome, CHANGE, sent, true);
    if (decision.kind !== 'check') return false;
    this.known[name] = learn(sent, decision.identity, outcome.sighting)!;
    const last = outcome.sighting.document.iid as number;
    this.#give(name, last);
    return true;
  }

  async #write(name: Name, sent: Known): Promise<Outcome | undefined> {
    const asker = { signal: this.#signal };
    if (this.kind === 'create') {
      const document = () => ({ iid: COUNT, epoch: 'present', history: undefined, epochs: [] });
      return this.documents.create(name, document, asker);
    }
    if (this.kind === 'script') {
      const outcome = await this.documents.changeByScript(
        name,
        () => ({ change: CHANGE, pins: sent.pins }),
        asker,
      );
      return typeof outcome === 'object' ? outcome : undefined;
    }
    const seen = this.#read(name);
    return this.documents.replace(name, seen, () => fieldsAfter(seen, CHANGE, sent.pins), asker);
  }

  /** Another process takes ids meanwhile. */
  #claimElsewhere(name: Name): void {
    const { document } = this.#read(name);
    const iid = (document.iid as number) + COUNT;
    const path = `/counters/_update/${name}`;
    this.#handle({ method: 'POST', path, body: { doc: { iid } } });
    this.#give(name, iid);
  }

  #give(name: Name, last: number): void {
    for (let id = last - COUNT + 1; id <= last; id++) this.given[name].push(id);
  }

  #read(name: Name): Sighting {
    const { body } = this.#handle({ method: 'GET', path: `/counters/_doc/${name}` });
    const { iid, epoch } = body['_source'] as { iid: number; epoch: string };
    return {
      index: body['_index'] as string,
      seqNo: body['_seq_no'] as number,
      term: body['_primary_term'] as number,
      document: { iid, epoch, history: undefined, epochs: [] },
    };
  }

  #look(name: string): void {
    this.documents.get(name, { signal: this.#signal }).catch(() => {});
  }

  #handle(request: ElasticsearchRequest): Reply {
    return this.double.handle(request);
  }

  #remember({ status, body }: Reply, name: Name): void {
    this.#before.set(name, { create: { ...body, status } });
  }

  async #answerHonestly(request: HeldRequest): Promise<void> {
    const { status, body } = this.#handle(request.params);
    await request.answer(body, status);
  }
}

function createRequest(name: Name, epoch: string): ElasticsearchRequest {
  return { method: 'PUT', path: `/counters/_create/${name}`, body: { name, iid: COUNT, epoch } };
}

async function play(story: Story): Promise<World & { result: Record<Name, PromiseSettledResult<boolean>> }> {
  const world = new World(story.kind);
  await world.start();
  const result = await world.claimTogether((request) => world.meet(story, request));
  await turn();
  return Object.assign(world, { result });
}

describe('Whatever becomes of one request for two counters', () => {
  it.each(KINDS)('no id is given twice, and items are judged alone: %s', async (kind) => {
    let played = 0;
    for (const story of stories(kind)) {
      played++;
      const told = JSON.stringify(story);
      const { given, result } = await play(story);
      for (const name of NAMES) {
        const ids = given[name];
        // A creation that a proxy answers with that of a former counter stands for a range nobody had.
        expect([told, new Set(ids).size]).toEqual([told, ids.length]);
      }
      const { applied, answer } = story;
      const fits =
        answer?.length === 2 &&
        NAMES.every(
          (name, place) => answer[place]!.startsWith(`${name} `) && !answer[place]!.includes('another'),
        );
      for (const [place, name] of NAMES.entries()) {
        const { status } = result[name];
        if (!fits) {
          expect([told, result[name]]).toEqual([
            told,
            { status: 'rejected', reason: expect.objectContaining({ code: 'UNAVAILABLE', ambiguous: true }) },
          ]);
        } else if (answer[place] === `${name} first`) {
          const accepted = { status: 'fulfilled', value: true };
          if (applied[name] > 0) expect([told, result[name]]).toEqual([told, accepted]);
          else expect([told, status]).toEqual([told, 'rejected']);
        }
      }
    }
    expect(played).toBeGreaterThan(300);
  });
});
