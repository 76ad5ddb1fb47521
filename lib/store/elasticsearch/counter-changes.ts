import { randomUUID } from 'node:crypto';
import { sequenceError } from '../../common/sequence-error.js';
import { exhaustedClaim } from '../requests.js';
import type { CounterDocuments, Prepared } from './counter-documents.js';
import type { CounterHistory } from './counter-history.js';
import { failure, fenceFollowed, identityError, movedAlias } from './errors.js';
import { type Pins, type Sighting } from './identity.js';
import type { KnownCounters } from './known-counters.js';
import {
  type Change,
  type Claim,
  type Decision,
  decide as decideOn,
  follow,
  type Known,
  leftAfter,
  learn,
  type Outcome,
  valueAfter,
} from './protocol.js';
import type { Caller } from './operation-channel.js';
import type { Asker } from './request.js';
import type { VerifiedIndex } from './verified-index.js';

/** What an attempt asks for. */
export interface Decided {
  change: Change;
  /** The value before the change of a counter that has to be created. */
  before: number;
}

export interface CounterChangesOptions {
  alias: string;
  documents: CounterDocuments;
  history: CounterHistory;
  index: VerifiedIndex;
  known: KnownCounters;
  strategy: 'auto' | 'script' | 'cas';
  /** Whether a counter that is missing may be created. */
  creates: boolean;
}

/** Changes counters, and believes an answer only when it is of the counter that this process knows. */
export class CounterChanges {
  readonly #alias: string;
  readonly #documents: CounterDocuments;
  readonly #history: CounterHistory;
  readonly #index: VerifiedIndex;
  readonly #known: KnownCounters;
  readonly #creates: boolean;
  readonly #mayFallBack: boolean;
  #scripted: boolean;

  constructor(options: CounterChangesOptions) {
    this.#alias = options.alias;
    this.#documents = options.documents;
    this.#history = options.history;
    this.#index = options.index;
    this.#known = options.known;
    this.#creates = options.creates;
    this.#scripted = options.strategy !== 'cas';
    this.#mayFallBack = options.strategy === 'auto';
  }

  /** The counter after the change. `decide` is asked once, when the write goes out. */
  async make(
    name: string,
    decide: () => Decided,
    { signal, progress }: Asker,
  ): Promise<{ last: number; epoch: string | undefined }> {
    const asker: Caller = { signal, progress };
    const index = await this.#index.name(asker);
    const pinned = this.#known.home !== undefined;
    // A counter that was unknown when this began may be created by another call meanwhile: that it was missing then says
    // nothing of its identity.
    const atStart = this.#known.forClaim(name, index);
    let decided: Decided | undefined;
    let sent: Known | undefined;
    /** Asked when the write goes out: until then other calls of this process may learn more of the counter. */
    const prepare = (): Prepared => {
      decided ??= decide();
      sent = this.#known.forClaim(name, index);
      return { change: decided.change, pins: sent.pins };
    };
    const decisionOn = (outcome: Outcome): Decision => {
      if (decided === undefined || sent === undefined) prepare();
      const known = outcome.kind === 'missing' && atStart.pins === undefined ? atStart : sent!;
      return decideOn(outcome, decided!.change, known, pinned);
    };
    let outcome = await this.#attempt(name, prepare, asker);
    let decision = decisionOn(outcome);
    if (decision.kind === 'create') {
      this.#assertVerified(name, outcome, index);
      outcome = await this.#create(name, decided!, index, asker);
      decision = decisionOn(outcome);
    }
    if (sent!.pins === undefined) this.#assertVerified(name, outcome, index);
    if (outcome.kind === 'missing') {
      this.#index.doubt();
      if (outcome.what === 'document') throw failure(name, decision, undefined);
      // A node that has just started finds no alias for writes until it has recovered its state. This look waits for
      // that; it throws if the alias is gone.
      await this.#index.name(asker);
      throw failure(name, { kind: 'gone' }, undefined);
    }
    const { sighting } = outcome;
    if (decision.kind === 'follow') {
      const now = this.#known.get(name);
      const followed = follow(now, sent!, sighting);
      if (followed !== now) this.#known.set(name, followed, 'fence');
      this.#index.doubt();
    }
    if (decision.kind !== 'check') throw failure(name, decision, sighting);
    await this.#accept(name, sighting, decision.identity, asker);
    const { iid, epoch } = sighting.document;
    return { last: iid as number, epoch: epoch ?? undefined };
  }

  async #attempt(name: string, prepare: () => Prepared, asker: Asker): Promise<Outcome> {
    if (this.#scripted) {
      const outcome = await this.#documents.changeByScript(name, prepare, asker);
      if (typeof outcome === 'object') return outcome;
      const never = outcome === 'never';
      if (!this.#mayFallBack) {
        throw sequenceError(
          name,
          never ? 'REJECTED' : 'UNAVAILABLE',
          `this server runs no Painless scripts${never ? '' : ' now (too many were compiled)'}. Nothing was claimed; use strategy "auto" or "cas".`,
        );
      }
      if (never) this.#scripted = false;
    }
    return this.#documents.changeByCompareAndSet(name, prepare, asker);
  }

  /**
   * Creation and first block are one write: a crash in between would give the first id twice (PostgreSQL bug #6748).
   * Every request has an epoch of its own: a delayed copy of an earlier one must not bring a deleted counter's back. It is
   * sent only while the counter is still unknown here: another call may have met it meanwhile.
   */
  async #create(name: string, { change, before }: Decided, index: string, asker: Asker): Promise<Outcome> {
    if (!this.#creates) {
      throw sequenceError(
        name,
        'MISSING',
        'it does not exist, and with create: "never" this process does not create it. Nothing was claimed; restore it, or let a process with create: "auto" create it above all ids in use (start, floor).',
      );
    }
    const { home } = this.#known;
    if (home !== undefined && home !== index) {
      throw identityError(name, 'VANISHED', `this process knows none of the counters in index ${index}`);
    }
    const value = valueAfter(before, change);
    if (value === undefined) {
      const claim = change as Claim;
      throw exhaustedClaim(name, { ...claim, left: leftAfter(before, claim) });
    }
    const history = await this.#history.stamp(index, asker);
    const document = () =>
      this.#known.get(name).pins === undefined
        ? { iid: value, epoch: randomUUID(), history, epochs: [] }
        : undefined;
    const outcome = await this.#documents.create(name, document, asker);
    if (outcome !== undefined) return outcome;
    throw sequenceError(
      name,
      'CONFLICT',
      'another call or process created it first. Nothing was claimed; the call may be repeated.',
    );
  }

  /** Pins and marks are set here, by a fence, and when a fence is followed; nowhere else. */
  async #accept(name: string, written: Sighting, sound: Pins, asker: Asker): Promise<void> {
    const identity = await this.#history.confirm(name, sound, written.index, asker);
    const known = learn(this.#known.get(name), identity, written);
    if (known === undefined) throw fenceFollowed(name, 'a fence was followed while the claim was under way');
    this.#known.set(name, known);
  }

  /**
   * At first contact there are no pins to compare with: the index must be the one that was verified, else the alias was
   * moved meanwhile, and what it stands for now has to be verified first.
   */
  #assertVerified(name: string, outcome: Outcome, verified: string): void {
    const index = outcome.kind === 'missing' ? outcome.index : outcome.sighting.index;
    if (index === undefined || index === verified) return;
    this.#index.doubt();
    throw movedAlias(name, this.#alias, verified, index, { ambiguous: outcome.kind === 'written' });
  }
}
