import { type Claim, claim, type Dialogue, type Question, tidy } from '../../lib/store/files/protocol.js';

/** What processes do to one shard, and what may happen to it meanwhile. */
export interface Scenario {
  /** For each process how many attempts it makes, lost races included. */
  attempts: readonly number[];
  /** How many generations below the highest stay. */
  kept: number;
  /** Generation 1 is there from the start. */
  begun?: boolean;
  /** How often the power may fail: what was not synced may be gone, each file for itself. */
  powerLosses?: number;
  /** How often the folder may be copied. */
  copies?: number;
  /** How often the path may be led to the copy, or back. */
  moves?: number;
  /** How often the path leads to the copy just for one link. */
  flickers?: number;
  /** How often a file cannot be removed, as one that is open on Windows. */
  stuck?: number;
  /** A world where a link replaces what is there, as `rename` does. */
  replacing?: boolean;
}

type Entries = Readonly<Record<number, string>>;

interface Folder {
  readonly entries: Entries;
  /** What a power loss leaves for certain. */
  readonly synced: Entries;
  /** Whether a power loss leaves the folder itself. */
  readonly stays: boolean;
}

type Budget = Required<Pick<Scenario, 'powerLosses' | 'copies' | 'moves' | 'flickers' | 'stuck'>>;

const NOTHING_HAPPENS: Budget = { powerLosses: 0, copies: 0, moves: 0, flickers: 0, stuck: 0 };

export interface State {
  /** Undefined: not created yet. The second is the copy. */
  readonly folders: readonly (Folder | undefined)[];
  /** Which of them the path leads to. */
  readonly at: number;
  readonly processes: readonly Point[];
  readonly claimed: readonly number[];
  readonly budget: Budget;
  readonly violation?: string;
}

/** Where a process stands: the same place for all stories in which it got the same answers. */
interface Point {
  readonly id: number;
  readonly process: number;
  readonly attempt: number;
  /** Undefined: it has ended. */
  readonly question: Question | undefined;
  /** The value it claimed with the answer that led here. */
  readonly claims: number | undefined;
  readonly prepared: string | undefined;
  readonly answers: readonly unknown[];
  readonly after: Map<string, Point>;
}

export interface Step {
  label: string;
  state: State;
}

/** The protocol as it is in the library, on folders that do what a file system does. */
export class FilesModel {
  readonly start: State;
  readonly #scenario: Scenario;
  #points = 0;
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<object, number>();
  readonly #begins: Map<string, Point> = new Map();

  constructor(scenario: Scenario) {
    this.#scenario = scenario;
    const { begun = false, powerLosses = 0, copies = 0, moves = 0, flickers = 0, stuck = 0 } = scenario;
    const first = { 1: 'start:0' };
    this.start = {
      folders: [begun ? { entries: first, synced: first, stays: true } : undefined, undefined],
      at: 0,
      processes: scenario.attempts.map((_, process) => this.#begin(process, 1)),
      claimed: [],
      budget: { powerLosses, copies, moves, flickers, stuck },
    };
  }

  /** Equal states have equal names. */
  name({ folders, at, processes, claimed, budget }: State): string {
    const parts = [...folders.map((folder) => this.#number(folder)), at, ...processes.map(({ id }) => id)];
    return `${parts.join()},${this.#number(claimed)},${this.#number(budget)}`;
  }

  /** States share most of their parts, so each part is named once. */
  #number(part: object | undefined): number {
    if (part === undefined) return -1;
    let number = this.#known.get(part);
    if (number === undefined) {
      const text = JSON.stringify(part);
      number = this.#numbers.get(text) ?? this.#numbers.size;
      this.#numbers.set(text, number);
      this.#known.set(part, number);
    }
    return number;
  }

  *next(state: State): Generator<Step> {
    for (const point of state.processes) {
      if (point.question === undefined) continue;
      yield this.#step(state, point, point.question);
      if (point.question.ask !== 'remove' || state.budget.stuck === 0) continue;
      const spent = { ...state.budget, stuck: state.budget.stuck - 1 };
      const reached = this.#moveOn(state, this.#after(point, false));
      yield { label: `${point.process} cannot remove it`, state: { ...reached, budget: spent } };
    }
    const { budget, folders, at } = state;
    const [folder, copy] = folders;
    if (budget.powerLosses > 0 && folder !== undefined) yield* this.#losePower(state, folder);
    if (budget.copies > 0 && folder !== undefined) {
      const spent = { ...budget, copies: budget.copies - 1 };
      yield { label: 'copy', state: { ...state, folders: [folder, folder], budget: spent } };
    }
    if (copy === undefined) return;
    if (budget.moves > 0) {
      const spent = { ...budget, moves: budget.moves - 1 };
      yield { label: `lead to ${1 - at}`, state: { ...state, at: 1 - at, budget: spent } };
    }
    if (budget.flickers === 0) return;
    for (const point of state.processes) {
      if (point.question?.ask !== 'link') continue;
      const away = { ...state, at: 1 - at, budget: { ...budget, flickers: budget.flickers - 1 } };
      const { label, state: reached } = this.#step(away, point, point.question);
      yield { label: `${label} elsewhere`, state: { ...reached, at } };
    }
  }

  #step(state: State, point: Point, question: Question): Step {
    const { process } = point;
    const label = `${process}.${point.attempt} ${question.ask}${'generation' in question ? ` ${question.generation}` : ''}`;
    // A process that finds another folder than its own begins nothing there: that is another guard's matter.
    if (question.ask === 'list' && state.at !== 0) {
      return {
        label: `${label}: elsewhere`,
        state: this.#moveOn(state, this.#begin(process, point.attempt + 1)),
      };
    }
    const { answer, folders } = this.#ask(state, question, point.prepared);
    const reached = this.#after(point, answer);
    const next = this.#moveOn({ ...state, folders }, reached);
    const value = reached.claims;
    if (value === undefined) return { label, state: next };
    const twice = state.claimed.includes(value);
    const claimed = [...state.claimed, value].toSorted((one, other) => one - other);
    return {
      label: `${label}: claims ${value}`,
      state: { ...next, claimed, ...(twice ? { violation: `${value} was claimed twice` } : {}) },
    };
  }

  #moveOn(state: State, point: Point): State {
    const processes = state.processes.map((one) => (one.process === point.process ? point : one));
    return { ...state, processes };
  }

  #ask(
    { folders, at }: State,
    question: Question,
    prepared: string | undefined,
  ): { answer: unknown; folders: State['folders'] } {
    const folder = folders[at];
    const entries = folder?.entries ?? {};
    const put = (index: number, changed: Folder) =>
      folders.map((one, other) => (other === index ? changed : one));
    switch (question.ask) {
      case 'list':
        return { answer: folder && Object.keys(entries).map(Number), folders };
      case 'read':
        return { answer: entries[question.generation], folders };
      case 'create': {
        if (folder !== undefined) return { answer: false, folders };
        const first = { 1: prepared! };
        return { answer: true, folders: put(at, { entries: first, synced: first, stays: false }) };
      }
      case 'link': {
        const taken = entries[question.generation] !== undefined;
        if (folder === undefined || (taken && !this.#scenario.replacing)) return { answer: false, folders };
        const linked = { ...entries, [question.generation]: prepared! };
        return { answer: true, folders: put(at, { ...folder, entries: linked }) };
      }
      case 'sync': {
        // By the handle, which leads to the folder that the claim began in.
        const own = folders[0]!;
        return { answer: undefined, folders: put(0, { ...own, synced: own.entries, stays: true }) };
      }
      case 'isSame':
        return { answer: at === 0, folders };
      case 'remove': {
        const { [question.generation]: removed, ...rest } = entries;
        return {
          answer: true,
          folders: removed === undefined ? folders : put(at, { ...folder!, entries: rest }),
        };
      }
      case 'prepare':
        throw new Error('Nobody sees what is prepared.');
    }
  }

  /** All processes end, and go on with their next attempts. */
  *#losePower(state: State, { entries, synced, stays }: Folder): Generator<Step> {
    const all = Object.entries({ ...synced, ...entries });
    const unsure = all.filter(([number]) => entries[Number(number)] !== synced[Number(number)]);
    const processes = state.processes.map(({ process, attempt }) => this.#begin(process, attempt + 1));
    const budget = { ...state.budget, powerLosses: state.budget.powerLosses - 1 };
    const reached = (folder: Folder | undefined) => ({
      ...state,
      folders: [folder, state.folders[1]],
      processes,
      budget,
    });
    if (!stays) yield { label: 'power loss, leaves nothing', state: reached(undefined) };
    for (let subset = 0; subset < 2 ** unsure.length; subset++) {
      const gone = new Set(unsure.filter((_, index) => ((subset >> index) & 1) === 0));
      const entries = Object.fromEntries(all.filter((entry) => !gone.has(entry)));
      yield {
        label: `power loss, leaves ${Object.keys(entries).join()}`,
        state: reached({ entries, synced: entries, stays: true }),
      };
    }
  }

  #begin(process: number, attempt: number): Point {
    const key = `${process}.${attempt}`;
    let point = this.#begins.get(key);
    if (point === undefined) {
      point = this.#point(process, attempt, []);
      this.#begins.set(key, point);
    }
    return point;
  }

  #after(point: Point, answer: unknown): Point {
    const key = JSON.stringify(answer) ?? '';
    let reached = point.after.get(key);
    if (reached === undefined) {
      reached = this.#point(point.process, point.attempt, [...point.answers, answer]);
      point.after.set(key, reached);
    }
    return reached;
  }

  #point(process: number, attempt: number, given: readonly unknown[]): Point {
    const allowed = this.#scenario.attempts[process]!;
    const ended = {
      id: this.#points++,
      process,
      attempt,
      claims: undefined,
      prepared: undefined,
      after: new Map(),
    };
    if (attempt > allowed) return { ...ended, question: undefined, answers: [] };
    const answers = [...given];
    let claims: number | undefined;
    let prepared: string | undefined;
    const run = this.#run(process, attempt, (value) => {
      claims = value;
    });
    let reply: unknown;
    for (let index = 0; ;) {
      const { done, value: question } = run.next(reply);
      if (done) {
        // A process that claimed with its last answer begins its next attempt there.
        const next = this.#begin(process, attempt + 1);
        return claims === undefined ? next : { ...next, id: this.#points++, claims, after: new Map() };
      }
      if (question.ask === 'prepare') prepared = question.text;
      if (this.#isUnseen(question)) {
        reply = question.ask === 'isSame' ? true : undefined;
      } else if (index === answers.length) {
        return { ...ended, question, claims, prepared, answers };
      } else {
        claims = undefined;
        reply = answers[index++];
      }
    }
  }

  /** What changes nothing for others and has one answer only needs no turn of its own. */
  #isUnseen({ ask }: Question): boolean {
    const { copies, moves, flickers, powerLosses } = { ...NOTHING_HAPPENS, ...this.#scenario };
    if (ask === 'isSame') return copies + moves + flickers === 0;
    return ask === 'prepare' || (ask === 'sync' && powerLosses === 0);
  }

  *#run(process: number, attempt: number, onClaimed: (value: number) => void): Dialogue<void> {
    let value = 0;
    const change = (text: string | undefined) => {
      value = Number(text?.split(':')[1] ?? 0) + 1;
      return `${process}.${attempt}:${value}`;
    };
    const { outcome, outlived }: Claim = yield* claim(change, this.#scenario.kept);
    if (outcome !== 'claimed') return;
    onClaimed(value);
    yield* tidy(outlived);
  }
}
