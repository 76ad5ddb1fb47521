import type { CounterDocument, Pins, Sighting } from '../../lib/store/elasticsearch/identity.js';
import * as protocol from '../../lib/store/elasticsearch/protocol.js';
import type { Change, Known } from '../../lib/store/elasticsearch/protocol.js';
import {
  type Answer,
  apply,
  createIndex,
  current,
  EMPTY_WORLD,
  events,
  missing,
  noop,
  promote,
  read,
  type Request,
  type Seen,
  type World,
} from './protocol-world.js';

/**
 * The rules under test: the library's own functions, and what the store does around them. A mutant drops one of them.
 */
export const RULES = {
  ...protocol,
  /** A process that knows any counter of the store creates no index. */
  anyNameCounts: true,
  /** Each `_create` has an epoch of its own. */
  freshEpochs: true,
  /** The script compares the epoch with the pinned one. */
  scriptComparesEpochs: true,
  /** Compare-and-set writes what it has just read, field by field. */
  readsBeforeWriting: true,
  /** `after`: a history reading begins when the answer is there. */
  historyReading: 'after' as 'after' | 'before' | 'unless the term is known',
  /** Answers are compared with the marks as they were when the request was sent. */
  marksAtSending: true,
  /** Looks raise no marks. */
  looksRaiseMarks: false,
  /** What a mismatch does to the process that finds it. */
  afterMismatch: 'ask again' as 'ask again' | 'stop' | 'forget',
  /** An attempt without an answer is over. */
  adoptsWhatItReads: false,
  /** A process that ends gives back what it has not used. */
  givesBack: false,
};
export type Rules = typeof RULES;

type Kind =
  keyof typeof events | 'lost' | 'late' | 'twice' | 'noop' | 'not found' | 'crash' | 'fence' | 'look' | 'end';

export interface Scenario {
  strategy: ('script' | 'cas')[];
  /** For each process: the sizes of the blocks it claims, one attempt each. */
  claims: number[][];
  /** For each process: what it ensures, beside its claims. */
  raises?: number[][];
  /** How often each thing may happen. */
  budget: Partial<Record<Kind, number>>;
  /** The servers before anybody comes. Processes with `known: true` have claimed one id each. */
  counter?: 'none' | 'claimed' | 'without epoch';
  /** What happened then; each process has claimed one more id after it. */
  past?: (keyof typeof events)[];
  /** Whether the history can be read. */
  readable?: boolean;
  /** The processes know another counter of the store. */
  otherName?: boolean;
  /** An attempt once begun runs to its end: fewer orders, longer stories. */
  atomic?: boolean;
  /** The last id. */
  max?: number;
  /** Operators fence exactly at the highest id that was handed out. */
  exactFences?: boolean;
}

interface Attempt {
  readonly change: Change | { kind: 'fence' };
  readonly sent: Known;
  /** The index that was verified when it began; what its process doubts later does not change that. */
  readonly verified?: string | undefined;
  readonly at: 'asking' | 'adopting' | 'sent' | 'answered' | 'stamping' | 'fencing' | 'checking';
  readonly request?: Request;
  readonly answer?: Answer;
  readonly seen?: Seen;
  readonly identity?: Pins;
  /** What mutants read before they sent. */
  readonly early?: string;
}

interface Process {
  readonly known: Known;
  readonly life: number | undefined;
  /** The concrete index this process has checked. */
  readonly index: string | undefined;
  readonly stopped: boolean;
  readonly claims: readonly number[];
  readonly raises: readonly number[];
  /** Its claim, its ensureAtLeast, its fence. */
  readonly attempts: readonly [Attempt | undefined, Attempt | undefined, Attempt | undefined];
  /** Only mutants remember. */
  readonly memory?: { seen?: Seen; epoch?: string; term?: number; count?: number };
}

export interface State {
  readonly world: World;
  readonly processes: readonly Process[];
  /** Requests that were given up and may still arrive. */
  readonly late: readonly Request[];
  readonly budget: Readonly<Partial<Record<Kind, number>>>;
  /** Whether something happened that may change a counter's identity. */
  readonly harmed: boolean;
  /** Ids handed out or promised, by life. */
  readonly handed: Readonly<Record<number, readonly number[]>>;
  readonly epochs: number;
  readonly violation?: string;
}

export interface Step {
  label: string;
  state: State;
}

/** Far more than is claimed in one story, so a fence covers it. */
const JUMP = 100;
const HARM: ReadonlySet<Kind> = new Set<Kind>([
  'isolate',
  'deleteDocument',
  'deleteIndex',
  'restore',
  'deleteAndRestore',
  'switch',
  'not found',
]);

export class Model {
  constructor(
    private readonly scenario: Scenario,
    private readonly rules: Rules = RULES,
  ) {}

  get start(): State {
    const { claims, raises, budget, counter = 'none', past, otherName = false } = this.scenario;
    let state: State = {
      world: EMPTY_WORLD,
      processes: claims.map((sizes, index) => ({
        known: protocol.NOTHING_KNOWN,
        life: undefined,
        index: undefined,
        stopped: false,
        claims: sizes,
        raises: raises?.[index] ?? [],
        attempts: [undefined, undefined, undefined],
      })),
      late: [],
      budget,
      harmed: false,
      handed: {},
      epochs: 0,
    };
    if (counter === 'none' && !otherName) return state;
    state = { ...state, world: createIndex(state.world) };
    if (counter === 'without epoch') {
      const document = { iid: 0, epoch: null, history: undefined, epochs: [] };
      state = { ...state, world: apply(state.world, { kind: 'create', document }).world };
    }
    if (counter === 'none') return state;
    // Each process has claimed one id.
    for (let index = 0; index < claims.length; index++) state = this.alone(state, index, 1);
    if (past === undefined) return state;
    for (const name of past) state = { ...state, world: events[name]!(state.world)! };
    for (let index = 0; index < claims.length; index++) state = this.alone(state, index, 1);
    return state;
  }

  /** All that can happen next. */
  *next(state: State): Generator<Step> {
    for (const [index, process] of state.processes.entries()) {
      for (const slot of [0, 1, 2] as const) {
        const attempt = process.attempts[slot];
        if (attempt === undefined) continue;
        yield* this.#continue(state, index, slot, attempt);
      }
      yield* this.#begin(state, index, process);
    }
    for (const [index, request] of state.late.entries()) {
      const { world } = apply(state.world, request);
      const late = state.late.filter((_, other) => other !== index);
      yield {
        label: `a late ${request.kind} arrives`,
        state: this.#wrote(state, { ...state, world, late }, request),
      };
    }
    if (state.world.acknowledged !== undefined) {
      const promoted = { ...state, world: promote(state.world) };
      yield { label: 'another copy is promoted', state: this.#nobodyIsLeftOut(promoted) };
      return;
    }
    for (const [name, happen] of Object.entries(events)) {
      if (!state.budget[name]) continue;
      const world = happen(state.world);
      if (world !== undefined) yield { label: name, state: spend({ ...state, world }, name) };
    }
  }

  *#begin(state: State, index: number, process: Process): Generator<Step> {
    if (!process.stopped) {
      const [claim, raise, fence] = process.attempts;
      const [count] = process.claims;
      if (claim === undefined && count !== undefined) {
        const begun = this.#set(state, index, { claims: process.claims.slice(1) });
        const change = this.#claimOf(count);
        yield* this.#toTheEnd(`${index} claims ${count}`, this.#open(begun, index, 0, change), index, 0);
      }
      const [to] = process.raises;
      if (raise === undefined && to !== undefined) {
        const begun = this.#set(state, index, { raises: process.raises.slice(1) });
        yield* this.#toTheEnd(
          `${index} ensures ${to}`,
          this.#open(begun, index, 1, { kind: 'raise', to }),
          index,
          1,
        );
      }
      if (fence === undefined && state.budget.fence) {
        const attempt: Attempt = { change: { kind: 'fence' }, sent: process.known, at: 'asking' };
        const begun = this.#put(spend(state, 'fence'), index, 2, attempt);
        yield* this.#toTheEnd(`${index} fences`, begun, index, 2);
      }
      if (this.rules.looksRaiseMarks && state.budget.look) {
        const seen = read(state.world);
        if ('sighting' in seen && process.known.pins !== undefined) {
          const { seqNo, term, document } = seen.sighting;
          // On a primary that is isolated and does not know it: a write that nobody will ever confirm.
          const marks = { seqNo: seqNo + 1, term, value: (document.iid as number) + 1 };
          const known = { ...process.known, ...marks };
          yield {
            label: `${index} looks at an isolated primary`,
            state: spend(this.#set(state, index, { known }), 'look'),
          };
        }
      }
    }
    if (state.budget.crash && process.known.pins !== undefined) {
      const fresh = this.#set(state, index, {
        known: protocol.NOTHING_KNOWN,
        life: undefined,
        index: undefined,
        stopped: false,
        attempts: [undefined, undefined, undefined],
      });
      const { memory: _, ...forgotten } = fresh.processes[index]!;
      const processes = fresh.processes.with(index, forgotten);
      yield { label: `${index} crashes`, state: spend({ ...fresh, processes }, 'crash') };
    }
    if (this.rules.givesBack && state.budget.end) {
      const index0 = current(state.world);
      const counter = index0?.counter;
      const count = process.memory?.count ?? 0;
      if (counter !== undefined && count > 0 && counter.document.iid === process.known.value) {
        const document = { ...counter.document, iid: counter.document.iid - count };
        const seen: Seen = {
          sighting: {
            index: index0!.name,
            seqNo: counter.seqNo,
            term: counter.term,
            document: counter.document,
          },
          life: counter.life,
        };
        const request: Request = { kind: 'update', seen, fields: { iid: document.iid } };
        const { world } = apply(state.world, request);
        yield {
          label: `${index} ends and gives back ${count}`,
          state: this.#wrote(state, spend({ ...state, world }, 'end'), request),
        };
      }
    }
  }

  /** Checks the index first, or creates it. */
  #open(state: State, index: number, slot: 0 | 1, change: Change): State {
    const process = state.processes[index]!;
    let opened = state;
    if (process.index === undefined) {
      if (state.world.alias !== undefined) {
        opened = this.#set(state, index, { index: state.world.alias });
      } else {
        const pinned = process.known.pins !== undefined;
        if (pinned || (this.rules.anyNameCounts && this.scenario.otherName))
          return this.#refuse(state, index, 'VANISHED');
        const world = createIndex(state.world);
        opened = this.#set({ ...state, world }, index, { index: world.alias! });
        if (this.scenario.otherName) {
          return violate(opened, `process ${index} knows a counter and creates the lost index anew`);
        }
      }
    }
    const sent = process.known;
    const verified = opened.processes[index]!.index;
    if (this.scenario.strategy[index] === 'script') {
      const pins = this.rules.scriptComparesEpochs ? sent.pins : undefined;
      const attempt: Attempt = {
        change,
        sent,
        verified,
        at: 'sent',
        request: { kind: 'script', change, pins },
        ...this.#early(opened),
      };
      return this.#put(opened, index, slot, attempt);
    }
    const remembered = process.memory?.seen;
    if (!this.rules.readsBeforeWriting && remembered !== undefined && change.kind === 'claim') {
      const { document } = remembered.sighting;
      const iid = (document.iid as number) + change.count;
      const request: Request = { kind: 'put', seen: remembered, document: { ...document, iid } };
      return this.#put(opened, index, slot, {
        change,
        sent,
        verified,
        at: 'sent',
        request,
        ...this.#early(opened),
      });
    }
    return this.#put(opened, index, slot, { change, sent, verified, at: 'asking' });
  }

  #early(state: State): { early?: string } {
    const history = current(state.world)?.history;
    return this.rules.historyReading === 'before' && history !== undefined ? { early: history } : {};
  }

  /** With `atomic`, an attempt runs through; what else may happen to it branches off at each step. */
  *#toTheEnd(label: string, state: State, index: number, slot: 0 | 1 | 2): Generator<Step> {
    if (!this.scenario.atomic) {
      yield { label, state };
      return;
    }
    let now = state;
    for (;;) {
      const attempt = now.processes[index]!.attempts[slot];
      if (attempt === undefined || now.violation !== undefined) break;
      const [first, ...others] = [...this.#continue(now, index, slot, attempt)];
      for (const other of others) yield { ...other, label: `${label}; ${other.label}` };
      now = first!.state;
    }
    yield { label, state: now };
  }

  /** The first step is what happens without a fault. */
  *#continue(state: State, index: number, slot: 0 | 1 | 2, attempt: Attempt): Generator<Step> {
    const { change, sent } = attempt;
    const put = (next: Partial<Attempt>, base = state) =>
      this.#put(base, index, slot, { ...attempt, ...next });
    switch (attempt.at) {
      case 'asking': {
        const seen = read(state.world);
        if (!('sighting' in seen)) {
          const answer: Answer = { kind: 'outcome', outcome: seen, life: 0, before: 0 };
          yield {
            label: `${index} reads nothing`,
            state: this.#receive(put({}), index, slot, { ...attempt, answer }),
          };
          return;
        }
        const { sighting } = seen;
        if (change.kind === 'fence') {
          yield { label: `${index} reads ${show(sighting)}`, state: put({ at: 'fencing', seen }) };
          return;
        }
        const fields = this.rules.fieldsAfter(sighting, change, sent.pins);
        if (fields === undefined) {
          const answer: Answer = {
            kind: 'outcome',
            outcome: { kind: 'unchanged', sighting },
            life: seen.life,
            before: sighting.document.iid as number,
          };
          yield {
            label: `${index} reads ${show(sighting)}`,
            state: this.#receive(put({}), index, slot, { ...attempt, answer }),
          };
          return;
        }
        const request: Request = { kind: 'update', seen, fields };
        yield {
          label: `${index} reads ${show(sighting)}`,
          state: put({ at: 'sent', request, seen, ...this.#early(state) }),
        };
        return;
      }
      case 'adopting': {
        const seen = read(state.world);
        if (!('sighting' in seen)) {
          yield { label: `${index} reads nothing`, state: this.#drop(state, index, slot) };
          return;
        }
        const { sighting, life } = seen;
        const answer: Answer = {
          kind: 'outcome',
          outcome: { kind: 'written', sighting },
          life,
          before: 0,
        };
        const adopted = this.#receive(state, index, slot, { ...attempt, answer });
        yield { label: `${index} reads ${show(sighting)} and takes it for its own`, state: adopted };
        return;
      }
      case 'fencing': {
        const { sighting } = attempt.seen!;
        const target = state.world.indices[sighting.index];
        if (target === undefined) {
          yield { label: `${index} finds no history`, state: this.#drop(state, index, slot) };
          return;
        }
        const epochs = state.epochs + 1;
        const random = epochs * JUMP;
        const handed = Object.values(state.handed).flat();
        const options = this.scenario.exactFences ? { to: Math.max(...handed) } : { jump: JUMP };
        const iid = this.rules.valueAfterFence(sighting.document.iid as number, options, sent, random);
        if (iid === undefined) {
          yield { label: `${index} may not fence so low`, state: this.#drop(state, index, slot) };
          return;
        }
        const history = this.scenario.readable === false ? null : target.history;
        const written = this.rules.fieldsAfterFence(sighting.document, iid, `f${epochs}`, history);
        const fields = { ...written, history: written.history ?? undefined };
        const request: Request = { kind: 'update', seen: attempt.seen!, fields };
        yield {
          label: `${index} is about to fence at ${iid}`,
          state: put({ at: 'sent', request }, { ...state, epochs }),
        };
        return;
      }
      case 'stamping': {
        const named = attempt.verified;
        const target = named === undefined ? undefined : state.world.indices[named];
        if (target === undefined) {
          const gone = this.#set(state, index, { index: undefined });
          yield {
            label: `${index} finds no index`,
            state: this.#refuse(this.#drop(gone, index, slot), index, 'VANISHED'),
          };
          return;
        }
        const epochs = state.epochs + 1;
        const memory = state.processes[index]!.memory;
        const epoch = this.rules.freshEpochs ? `e${epochs}` : (memory?.epoch ?? `e${epochs}`);
        const base = this.rules.freshEpochs
          ? state
          : this.#set(state, index, { memory: { ...memory, epoch } });
        const iid = this.rules.valueAfter(0, change as Change);
        if (iid === undefined) {
          yield { label: `${index} finds nothing left`, state: this.#drop(state, index, slot) };
          return;
        }
        const history = this.scenario.readable === false ? undefined : target.history;
        const request: Request = { kind: 'create', document: { iid, epoch, history, epochs: [] } };
        yield {
          label: `${index} is about to create ${epoch}`,
          state: put({ at: 'sent', request }, { ...base, epochs }),
        };
        return;
      }
      case 'sent': {
        const request = attempt.request!;
        const { world, answer } = apply(state.world, request);
        const applied = this.#wrote(state, { ...state, world }, request);
        const written = answer.kind === 'outcome' && answer.outcome.kind === 'written';
        if (written && state.world.acknowledged !== undefined) {
          const lost = this.#lose(applied, index, slot, attempt);
          yield { label: `the ${request.kind} of ${index} is applied on the isolated primary`, state: lost };
          return;
        }
        const arrived = (base: State, got: Answer) =>
          this.#slow()
            ? this.#put(base, index, slot, { ...attempt, at: 'answered', answer: got })
            : this.#receive(base, index, slot, { ...attempt, answer: got });
        yield { label: `${request.kind} of ${index} is applied`, state: arrived(applied, answer) };
        if (state.budget.lost) {
          const lost = this.#lose(spend(applied, 'lost'), index, slot, attempt);
          yield { label: `the answer to the ${request.kind} of ${index} is lost`, state: lost };
        }
        if (state.budget.late) {
          const late = [...state.late, request];
          yield {
            label: `the ${request.kind} of ${index} is given up`,
            state: this.#drop(spend({ ...state, late }, 'late'), index, slot),
          };
        }
        if (state.budget.twice && request.kind !== 'create') {
          const again = apply(world, request);
          const twice = this.#wrote(applied, { ...applied, world: again.world }, request);
          yield {
            label: `the ${request.kind} of ${index} is applied twice`,
            state: arrived(spend(twice, 'twice'), again.answer),
          };
        }
        if (state.budget.noop) {
          yield {
            label: `the ${request.kind} of ${index} is dropped`,
            state: arrived(spend(state, 'noop'), noop(state.world)),
          };
        }
        if (state.budget['not found']) {
          yield {
            label: `${index} hears that there is no document`,
            state: arrived(spend(state, 'not found'), missing('document')),
          };
        }
        return;
      }
      case 'answered':
        yield { label: `${index} hears`, state: this.#receive(state, index, slot, attempt) };
        return;
      case 'checking':
        yield { label: `${index} reads the history`, state: this.#check(state, index, slot, attempt) };
    }
  }

  /** Whether an answer may take its time: only with two attempts of one process does it matter. */
  #slow(): boolean {
    return this.scenario.raises !== undefined || this.rules.looksRaiseMarks;
  }

  #receive(state: State, index: number, slot: 0 | 1 | 2, attempt: Attempt): State {
    const { change, answer } = attempt;
    const process = state.processes[index]!;
    if (answer === undefined || answer.kind === 'conflict') return this.#drop(state, index, slot);
    const { outcome, life } = answer;
    if (change.kind === 'fence') {
      const ended = this.#drop(state, index, slot);
      if (outcome.kind !== 'written') return ended;
      const seen = { sighting: outcome.sighting, life };
      return this.#put(state, index, slot, { ...attempt, at: 'checking', seen });
    }
    if (
      outcome.kind === 'written' &&
      attempt.request?.kind === 'update' &&
      !this.rules.metWhatWasSeen(
        outcome.sighting,
        attempt.request.seen.sighting,
        attempt.request.seen.sighting.document.epoch,
      )
    ) {
      return this.#refuse(this.#drop(state, index, slot), index, 'IDENTITY_CHANGED');
    }
    const where = outcome.kind === 'missing' ? outcome.index : outcome.sighting.index;
    if (attempt.sent.pins === undefined && where !== undefined && where !== attempt.verified) {
      // The alias was moved since it was checked: what it stands for now is checked first.
      return this.#set(this.#drop(state, index, slot), index, { index: undefined });
    }
    const sent = this.rules.marksAtSending ? attempt.sent : { ...process.known, pins: attempt.sent.pins };
    const decision = this.rules.decide(
      outcome,
      change,
      sent,
      this.rules.anyNameCounts && this.scenario.otherName === true,
    );
    switch (decision.kind) {
      case 'create':
        return this.#put(state, index, slot, { ...attempt, at: 'stamping' });
      case 'check': {
        const { sighting } = outcome as { sighting: Sighting };
        const seen = { sighting, life };
        return this.#put(state, index, slot, {
          ...attempt,
          at: 'checking',
          seen,
          identity: decision.identity,
        });
      }
      case 'follow': {
        const { sighting } = outcome as { sighting: Sighting };
        const known = this.rules.follow(process.known, attempt.sent, sighting);
        const claims = slot === 0 ? [(change as { count: number }).count, ...process.claims] : process.claims;
        return this.#set(this.#drop(state, index, slot), index, { known, claims, index: undefined });
      }
      case 'mismatch':
        return this.#refuse(this.#drop(state, index, slot), index, decision.code);
      default:
        return this.#set(
          this.#drop(state, index, slot),
          index,
          outcome.kind === 'missing' ? { index: undefined } : {},
        );
    }
  }

  #check(state: State, index: number, slot: 0 | 1 | 2, attempt: Attempt): State {
    const { seen, early } = attempt;
    const { sighting } = seen!;
    const ended = this.#drop(state, index, slot);
    if (attempt.change.kind === 'fence') return this.#fenced(ended, index, seen!);
    let identity: Pins | undefined = attempt.identity!;
    const skip =
      this.rules.historyReading === 'unless the term is known' &&
      state.processes[index]!.memory?.term === sighting.term;
    if (this.scenario.readable !== false && !skip) {
      const history = early ?? state.world.indices[sighting.index]?.history;
      if (history === undefined) return this.#refuse(ended, index, 'VANISHED');
      identity = this.rules.confirm(identity, history);
      if (identity === undefined) return this.#refuse(ended, index, 'IDENTITY_CHANGED');
    }
    const known = this.rules.learn(state.processes[index]!.known, identity, sighting);
    return known === undefined ? ended : this.#accept(ended, index, slot, attempt, known);
  }

  #fenced(state: State, index: number, { sighting, life }: Seen): State {
    const history = state.world.indices[sighting.index]?.history;
    const stamped = this.scenario.readable === false || history === sighting.document.history;
    // Restored while it was fenced: the operator is told to fence again.
    if (!stamped) return state;
    const known = this.rules.learnFence(state.processes[index]!.known, sighting);
    const fenced = this.#set(state, index, { known, life: state.processes[index]!.life ?? life });
    // A delayed update from before the fence may have met the fenced document, which stops everybody: fence again.
    const still =
      current(state.world)?.name === sighting.index &&
      documentOf(state)?.epoch === sighting.document.epoch &&
      documentOf(state)?.history === sighting.document.history;
    return still ? this.#nobodyIsStuck(fenced) : fenced;
  }

  /** Ids are unique within a life. A process stays in the life of the first answer it accepted. */
  #accept(state: State, index: number, slot: 0 | 1 | 2, attempt: Attempt, known: Known): State {
    const { seen, change } = attempt;
    const iid = seen!.sighting.document.iid as number;
    const process = state.processes[index]!;
    const life = process.life ?? seen!.life;
    const answered = attempt.answer?.kind === 'outcome' ? attempt.answer : undefined;
    // What a mutant only read begins above the value that will stay.
    const looked = answered?.outcome.kind === 'unchanged';
    const stays = looked ? state.world.acknowledged?.counter?.document.iid : undefined;
    const before = Math.min(answered?.before ?? 0, stays ?? Infinity);
    const first = change.kind === 'claim' ? iid - change.count + 1 : before + 1;
    let handed = state.handed;
    let violation: string | undefined;
    for (const one of new Set([life, seen!.life])) {
      const ids = [...(handed[one] ?? [])];
      for (let id = first; id <= iid && id > 0; id++) {
        if (ids.includes(id)) violation = `id ${id} twice`;
        ids.push(id);
      }
      handed = { ...handed, [one]: ids.toSorted((a, b) => a - b) };
    }
    const { seen: _, term: __, ...rest } = process.memory ?? {};
    const memory = {
      ...rest,
      ...(this.rules.readsBeforeWriting ? {} : { seen: { ...seen!, sighting: seen!.sighting } }),
      ...(this.rules.historyReading === 'unless the term is known' ? { term: seen!.sighting.term } : {}),
      ...(this.rules.givesBack && slot === 0 ? { count: iid - first + 1 } : {}),
    };
    const accepted = this.#set({ ...state, handed }, index, {
      known,
      life,
      ...(Object.keys(memory).length > 0 ? { memory } : {}),
    });
    return violation === undefined ? accepted : violate(accepted, violation);
  }

  /** The answer is gone. A mutant reads back whether its claim was applied. */
  #lose(state: State, index: number, slot: 0 | 1 | 2, attempt: Attempt): State {
    const adopts = this.rules.adoptsWhatItReads && attempt.change.kind === 'claim';
    return this.#put(state, index, slot, adopts ? { ...attempt, at: 'adopting' } : undefined);
  }

  #refuse(state: State, index: number, code: string): State {
    const process = state.processes[index]!;
    const change =
      this.rules.afterMismatch === 'stop'
        ? { stopped: true }
        : this.rules.afterMismatch === 'forget'
          ? { known: protocol.NOTHING_KNOWN, index: undefined }
          : { index: code === 'VANISHED' ? undefined : process.index };
    const after = this.#set(state, index, change);
    if (!after.harmed) return violate(after, `process ${index} says ${code} though nothing happened`);
    return after;
  }

  /**
   * No write of a counter's own life lowers it, as long as any process takes the counter for its own. A write from before
   * a restore or a fence may meet the `_seq_no` and the term it read once more: then the stamp is not the shard's history,
   * or the epoch is a former one, and everybody refuses the counter until it is fenced.
   */
  #wrote(before: State, after: State, request: Request): State {
    const [was, is] = [current(before.world), current(after.world)];
    if (was?.counter === undefined || is?.counter === undefined || was.name !== is.name) return after;
    const { max = Number.MAX_SAFE_INTEGER } = this.scenario;
    if (is.counter.document.iid > max) return violate(after, 'the counter passed its last id');
    const lowered = is.counter.document.iid < was.counter.document.iid;
    const own =
      request.kind !== 'update' ||
      (request.seen.life === was.counter.life && request.seen.sighting.index === was.name);
    const { epoch, epochs, history } = is.counter.document;
    const refused = ![undefined, is.history].includes(history) || epochs.includes(epoch);
    return lowered && own && !refused ? violate(after, 'the stored value was lowered') : after;
  }

  /** An isolated primary that is gone leaves out only who followed a fence there, until the operator fences again. */
  #nobodyIsLeftOut(state: State): State {
    const harm = (Object.keys(this.scenario.budget) as Kind[]).some(
      (kind) => kind !== 'isolate' && HARM.has(kind),
    );
    if (harm) return state;
    const left = state.processes.findIndex(
      ({ known }, index) => known.pins?.former.length === 0 && !this.#goesOn(state, index),
    );
    return left === -1 ? state : violate(state, `process ${left} is stuck after an isolated primary`);
  }

  /** After a fence every process that recognises the counter goes on. */
  #nobodyIsStuck(state: State): State {
    const counter = current(state.world)?.counter;
    if (counter === undefined || state.world.acknowledged !== undefined) return state;
    const { epoch, epochs } = counter.document;
    for (const [index, { known }] of state.processes.entries()) {
      if (known.pins !== undefined && known.pins.epoch !== epoch && !epochs.includes(known.pins.epoch))
        continue;
      if (!this.#goesOn(state, index)) return violate(state, `process ${index} is stuck after a fence`);
    }
    return state;
  }

  #goesOn(state: State, index: number): boolean {
    const total = (of: State) => Object.values(of.handed).flat().length;
    const cleared = this.#set(state, index, { attempts: [undefined, undefined, undefined] });
    return total(this.alone(cleared, index, 1)) > total(cleared);
  }

  /** Lets one process claim a block of `count`, with nobody else about: three attempts. */
  alone(state: State, index: number, count: number): State {
    const total = (of: State) => Object.values(of.handed).flat().length;
    const { claims } = state.processes[index]!;
    let now: State = { ...state, harmed: true };
    for (let attempt = 0; attempt < 3 && total(now) === total(state); attempt++) {
      if (now.processes[index]!.stopped) break;
      now = this.#open(now, index, 0, this.#claimOf(count));
      for (let step = 0; step < 20; step++) {
        const open = now.processes[index]!.attempts[0];
        if (open === undefined) break;
        const [first] = this.#continue(now, index, 0, open);
        now = first!.state;
      }
    }
    return { ...this.#set(now, index, { claims }), harmed: state.harmed };
  }

  #claimOf(count: number): Change {
    return { kind: 'claim', count, floor: 0, max: this.scenario.max ?? Number.MAX_SAFE_INTEGER };
  }

  #set(state: State, index: number, change: Partial<Process>): State {
    return { ...state, processes: state.processes.with(index, { ...state.processes[index]!, ...change }) };
  }

  #put(state: State, index: number, slot: 0 | 1 | 2, attempt: Attempt | undefined): State {
    const attempts = state.processes[index]!.attempts.with(slot, attempt) as unknown as Process['attempts'];
    return this.#set(state, index, { attempts });
  }

  #drop(state: State, index: number, slot: 0 | 1 | 2): State {
    return this.#put(state, index, slot, undefined);
  }
}

function spend(state: State, kind: Kind): State {
  const left = (state.budget[kind] ?? 0) - 1;
  return { ...state, budget: { ...state.budget, [kind]: left }, harmed: state.harmed || HARM.has(kind) };
}

function violate(state: State, violation: string): State {
  return { ...state, violation };
}

function show({ index, seqNo, document }: Sighting): string {
  return `${index}: ${String(document.iid)} (${String(document.epoch)}, _seq_no ${seqNo})`;
}

export function documentOf(state: State): CounterDocument | undefined {
  return current(state.world)?.counter?.document;
}
