import { SequenceIdentityError } from '../../common/sequence-error.js';
import { CounterAnswers, type Missing, type Seen, whyNoScript } from './counter-answers.js';
import type { DocumentOperation } from './document-operation.js';
import type { CounterDocument, Pins, Sighting } from './identity.js';
import type { Caller, OperationChannel } from './operation-channel.js';
import { type Change, fieldsAfter, metWhatWasSeen, type Outcome } from './protocol.js';
import type { Answer } from './request.js';
import { CLAIM_SCRIPT, RAISE_SCRIPT } from './scripts.js';

/**
 * How often Elasticsearch itself repeats a script that lost a race before it answers 409. It does so without a pause, and
 * behind all that wait for a thread by then. So one is enough for a few processes, and in a crowd each further one
 * lengthens the line for all: with three, 20,000 processes that start in one instant are not served in time (bench,
 * "fleetStart").
 */
export const SERVER_RETRIES = 1;

/** What a write of a counter is to do, decided when its request goes out. */
export interface Prepared {
  change: Change;
  pins: Pins | undefined;
}

/** The requests on one counter document, through an alias: a write that finds no alias fails and creates nothing. */
export class CounterDocuments {
  readonly #answers: CounterAnswers;

  constructor(
    private readonly requests: OperationChannel,
    alias: string,
  ) {
    this.#answers = new CounterAnswers(alias);
  }

  /** What became of it, or why this server runs no scripts: `never`, or `not now`. */
  async changeByScript(
    name: string,
    prepare: () => Prepared,
    asker: Caller,
  ): Promise<Outcome | 'never' | 'not now'> {
    const answer = await this.#send(name, { kind: 'write', begun: false }, asker, () => {
      const { change, pins } = prepare();
      const identity = {
        pinned: pins !== undefined,
        epoch: pins?.epoch ?? null,
      };
      const { kind, ...asked } = change;
      const script =
        kind === 'claim'
          ? { source: CLAIM_SCRIPT, params: { ...identity, ...asked } }
          : { source: RAISE_SCRIPT, params: { ...identity, ...asked, max: Number.MAX_SAFE_INTEGER } };
      return {
        kind: 'update',
        name,
        condition: { retry_on_conflict: SERVER_RETRIES },
        body: { script: { lang: 'painless', ...script } },
      };
    });
    return whyNoScript(answer!) ?? this.#answers.outcome(name, answer!);
  }

  /**
   * For servers without scripts. The condition is what this very attempt read: a remembered `_seq_no` may belong to a
   * former life of the index.
   */
  async changeByCompareAndSet(name: string, prepare: () => Prepared, asker: Caller): Promise<Outcome> {
    const seen = await this.get(name, asker);
    if (seen.kind === 'missing') return seen;
    const { sighting } = seen;
    const fields = () => {
      const { change, pins } = prepare();
      return fieldsAfter(sighting, change, pins);
    };
    return this.replace(name, sighting, fields, asker);
  }

  /** Writes fields of a document that is still as it was seen. No fields: nothing is written. */
  async replace(
    name: string,
    seen: Sighting,
    fields: () => ({ epoch: string | null } & Record<string, unknown>) | undefined,
    asker: Caller,
  ): Promise<Outcome> {
    let written: { epoch: string | null } | undefined;
    const answer = await this.#send(name, { kind: 'write', begun: true }, asker, () => {
      const doc = (written = fields());
      if (doc === undefined) return undefined;
      const condition = { if_seq_no: seen.seqNo, if_primary_term: seen.term };
      // A write of what is there already is a write: only its acknowledgement says that the value will stay.
      return { kind: 'update', name, condition, body: { doc, detect_noop: false } };
    });
    if (answer === undefined || written === undefined) return { kind: 'unchanged', sighting: seen };
    const outcome = this.#answers.outcome(name, answer);
    if (outcome.kind !== 'written') return outcome;
    if (!metWhatWasSeen(outcome.sighting, seen, written.epoch)) {
      throw new SequenceIdentityError(
        'IDENTITY_CHANGED',
        `Sequence "${name}": the counter was replaced between reading and writing it. Cached ids were dropped; if this repeats, run Sequence.fence().`,
        { sequence: name },
      );
    }
    return outcome;
  }

  /**
   * A new counter. Undefined: it exists, or `document` said that it must not be created any more. What `document` gives
   * is what a `created` answer stands for.
   */
  async create(
    name: string,
    document: () => (CounterDocument & { iid: number }) | undefined,
    asker: Caller,
  ): Promise<Outcome | undefined> {
    let created: CounterDocument | undefined;
    const answer = await this.#send(name, { kind: 'write', begun: true }, asker, () => {
      const counter = (created = document());
      if (counter === undefined) return undefined;
      const { iid, epoch, history } = counter;
      const body = { name, iid, epoch, ...(history === undefined ? {} : { history }) };
      return { kind: 'create', name, body };
    });
    if (answer === undefined || (!answer.ok && answer.error.status === 409)) return undefined;
    return this.#answers.outcome(name, answer, created);
  }

  async get(name: string, asker: Caller): Promise<Seen | Missing> {
    const answer = (await this.#send(name, { kind: 'read', begun: false }, asker, () => ({
      kind: 'get',
      name,
    }))) as Answer;
    return this.#answers.seen(name, answer);
  }

  #send(
    name: string,
    turn: { kind: 'read' | 'write'; begun: boolean },
    asker: Caller,
    build: () => DocumentOperation | undefined,
  ): Promise<Answer | undefined> {
    return this.requests.send({ name, ...turn, build }, asker);
  }
}
