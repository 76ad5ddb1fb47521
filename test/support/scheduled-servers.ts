import * as fc from 'fast-check';
import { ElasticsearchSequenceStore } from '../../lib/store/elasticsearch/elasticsearch-sequence-store.js';
import type { ElasticsearchRequest } from '../../lib/store/elasticsearch/request.js';
import type { Block, SequenceStore } from '../../lib/store/sequence-store.js';
import { clientOf, failure, type Reply } from './elasticsearch-double.js';
import type { Backend } from './random-processes.js';

const FAULTS = ['lost', 'late', 'twice', 'refused', 'busy', 'hang', 'noop', 'not found', 'proxy'] as const;
export type Fault = (typeof FAULTS)[number] | 'ok';

/** What becomes of one request after the other. */
export const faults = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant<Fault>('ok') },
    { weight: 1, arbitrary: fc.constantFrom(...FAULTS) },
  ),
  { maxLength: 60 },
);

export type Send = (params: ElasticsearchRequest) => Reply | Promise<Reply>;

const IDENTITY = ['VANISHED', 'IDENTITY_CHANGED', 'REGRESSED'];

/** Processes whose requests and answers arrive when the scheduler says, and not all of them. */
export class ScheduledServers implements Backend {
  readonly mayFailWith: ReadonlySet<string>;
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(
    private readonly send: Send,
    private readonly scheduler: fc.Scheduler,
    private readonly plan: Fault[],
    private readonly options: { index: string; strategies: ('auto' | 'script' | 'cas')[]; mayHarm: boolean },
    private readonly life: (epoch: string | undefined) => unknown,
  ) {
    this.mayFailWith = new Set([...(options.mayHarm ? IDENTITY : []), 'MISSING', 'UNAVAILABLE', 'CONFLICT']);
  }

  open(): SequenceStore {
    const { index, strategies } = this.options;
    const strategy = strategies.shift() ?? 'auto';
    strategies.push(strategy);
    return new ElasticsearchSequenceStore({
      client: clientOf((params) => this.#request(params)),
      index,
      strategy,
    });
  }

  lifeOf({ epoch }: Block): unknown {
    return this.life(epoch);
  }

  async quiet(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
  }

  async #request(params: ElasticsearchRequest): Promise<Reply> {
    const { scheduler } = this;
    await scheduler.schedule(Promise.resolve(), `${params.method} ${params.path} arrives`);
    const fault = this.plan.shift() ?? 'ok';
    const writes = params.path.includes('_update') || params.path.includes('_create');
    switch (fault) {
      case 'refused':
        throw new Error('connect ECONNREFUSED');
      case 'busy':
        return failure(429, 'es_rejected_execution_exception', 'rejected execution');
      case 'proxy':
        return { status: 404, body: {} };
      case 'hang':
        return new Promise(() => {});
      case 'noop':
        if (params.path.includes('_update')) return this.#noop(params);
        break;
      case 'not found':
        // An isolated old primary answers for itself.
        if (params.path.includes('_update') && this.options.mayHarm) {
          return failure(404, 'document_missing_exception', 'document missing');
        }
        break;
      case 'late':
        if (writes) {
          void this.#late(params);
          return new Promise(() => {});
        }
        break;
      default:
    }
    let reply = await this.#deliver(params);
    if (fault === 'twice' && params.path.includes('_update')) reply = await this.#deliver(params);
    await scheduler.schedule(Promise.resolve(), `${params.method} ${params.path} is answered`);
    if (fault === 'lost') throw new Error('socket hang up');
    return reply;
  }

  async #late(params: ElasticsearchRequest): Promise<void> {
    await this.scheduler.schedule(Promise.resolve(), `${params.path} arrives late`);
    await this.scheduler.schedule(Promise.resolve(), `${params.path} arrives late`);
    await this.#deliver(params);
  }

  /** What a pipeline that drops every document makes of an update. */
  async #noop({ path }: ElasticsearchRequest): Promise<Reply> {
    const { status, body } = await this.#deliver({ method: 'GET', path: path.replace('_update', '_doc') });
    if (status !== 200) return failure(404, 'document_missing_exception', 'document missing');
    return { status, body: { ...body, result: 'noop', get: { found: true, _source: body['_source'] } } };
  }

  async #deliver(params: ElasticsearchRequest): Promise<Reply> {
    const delivery = Promise.resolve(this.send(params));
    this.#underWay.add(delivery);
    try {
      return await delivery;
    } finally {
      this.#underWay.delete(delivery);
    }
  }
}
