import type { Sighting } from '../../../lib/store/elasticsearch/identity.js';
import type { Outcome } from '../../../lib/store/elasticsearch/protocol.js';
import { explore, walk } from '../../support/protocol-explorer.js';
import { Model, type Rules, RULES, type Scenario } from '../../support/protocol-model.js';
import { VirtualClock } from '../../support/virtual-clock.js';

/**
 * The claim protocol as a model: the library's own decisions (`protocol.ts`), servers that do what
 * Elasticsearch does, and everything that may happen to both, in every order. RUNS=100000 walks farther.
 */
const RUNS = Number(process.env['RUNS'] ?? 1_000);
const SEED = Number(process.env['SEED'] ?? 1);

function seen(outcome: Outcome, change: (sighting: Sighting) => Partial<Sighting>): Outcome {
  if (outcome.kind === 'missing') return outcome;
  return { ...outcome, sighting: { ...outcome.sighting, ...change(outcome.sighting) } };
}

function document(outcome: Outcome, fields: Partial<Sighting['document']>): Outcome {
  return seen(outcome, ({ document }) => ({ document: { ...document, ...fields } }));
}

interface Dropped {
  rule: string;
  /** Where it matters; the protocol as it is must pass there. */
  scenario: Scenario;
  mutant: Partial<Rules>;
  breaks: RegExp;
}

/** Those with a star were found by a model like this one, or on real servers, in earlier drafts of the protocol. */
const DROPPED: Dropped[] = [
  {
    rule: '* every _create has an epoch of its own',
    scenario: {
      strategy: ['script', 'script', 'script'],
      claims: [[1, 1, 1], [1, 1], [1]],
      budget: { late: 1, deleteDocument: 1 },
      atomic: true,
    },
    mutant: { freshEpochs: false },
    breaks: /twice/,
  },
  {
    rule: '* who knows any counter of the store creates no index',
    scenario: { strategy: ['script'], claims: [[1]], budget: { deleteIndex: 1 }, otherName: true },
    mutant: { anyNameCounts: false },
    breaks: /creates the lost index anew/,
  },
  {
    rule: '* a counter without epoch is pinned as such',
    scenario: {
      strategy: ['script', 'script', 'script'],
      claims: [[1], [1], [1]],
      counter: 'without epoch',
      budget: { deleteDocument: 1, crash: 1 },
      readable: false,
      atomic: true,
    },
    mutant: {
      decide: (outcome, change, sent, any) =>
        RULES.decide(outcome, change, sent.pins?.epoch === null ? { ...sent, pins: undefined } : sent, any),
      learn: (now, identity, written) =>
        RULES.learn(now.pins?.epoch === null ? { ...now, pins: undefined } : now, identity, written),
      scriptComparesEpochs: false,
    },
    breaks: /twice/,
  },
  {
    rule: '* compare-and-set never puts a whole document on a remembered condition',
    scenario: {
      strategy: ['cas', 'cas', 'cas'],
      claims: [[1, 1], [3], [1]],
      budget: { deleteIndex: 1 },
      readable: false,
      atomic: true,
    },
    mutant: { readsBeforeWriting: false },
    breaks: /lowered|twice/,
  },
  {
    rule: '* compare-and-set writes the stamp back',
    scenario: {
      strategy: ['cas', 'cas'],
      claims: [[1, 1, 1], [1]],
      counter: 'claimed',
      budget: { late: 1, copy: 1, switch: 1, fence: 1 },
      atomic: true,
    },
    mutant: {
      fieldsAfter: (...args) => {
        const fields = RULES.fieldsAfter(...args);
        return fields && ({ iid: fields.iid } as typeof fields);
      },
    },
    breaks: /twice/,
  },
  {
    rule: '* the concrete index is pinned',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { copy: 1, switch: 1 },
      readable: false,
    },
    mutant: {
      decide: (outcome, change, sent, any) => {
        const { index } = sent.pins ?? {};
        const seqNo = sent.seqNo + 1;
        return RULES.decide(
          index === undefined ? outcome : seen(outcome, () => ({ index, seqNo })),
          change,
          sent,
          any,
        );
      },
    },
    breaks: /twice/,
  },
  {
    rule: '* a history reading begins after the answer',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { snapshot: 1, restore: 1 },
    },
    mutant: { historyReading: 'before' },
    breaks: /twice/,
  },
  {
    rule: '* no history reading is skipped because the primary term is known',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1, 1, 1], [1]],
      counter: 'claimed',
      budget: { snapshot: 1, failover: 1, deleteAndRestore: 1 },
      atomic: true,
    },
    mutant: { historyReading: 'unless the term is known' },
    breaks: /twice/,
  },
  {
    rule: '* first contact pins the stamp of the document, not the present reading',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { snapshot: 1, restore: 1, crash: 1 },
      atomic: true,
    },
    mutant: { confirm: (identity, history) => ({ ...identity, history }) },
    breaks: /twice/,
  },
  {
    rule: '* following a fence pins the stamp of the document, not the present reading',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { snapshot: 1, restore: 1, fence: 1 },
      atomic: true,
    },
    mutant: {
      follow: (now, sent, sighting) => {
        const known = RULES.follow(now, sent, sighting);
        return known === now ? now : { ...known, pins: { ...known.pins!, history: undefined } };
      },
    },
    breaks: /twice/,
  },
  {
    rule: '* only own accepted answers raise the marks',
    scenario: { strategy: ['script', 'script'], claims: [[1], [1]], counter: 'claimed', budget: { look: 1 } },
    mutant: { looksRaiseMarks: true },
    breaks: /REGRESSED though nothing happened/,
  },
  {
    rule: '* an answer is compared with the marks at sending',
    scenario: { strategy: ['script'], claims: [[1]], raises: [[5]], counter: 'claimed', budget: {} },
    mutant: { marksAtSending: false },
    breaks: /REGRESSED though nothing happened/,
  },
  {
    rule: '* a mismatch costs an answer, not the process',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { 'not found': 1, fence: 1 },
      atomic: true,
    },
    mutant: { afterMismatch: 'stop' },
    breaks: /stuck/,
  },
  {
    rule: '* a mismatch loosens no pins',
    scenario: {
      strategy: ['script', 'script', 'script'],
      claims: [[1, 1], [1], [1]],
      counter: 'claimed',
      budget: { deleteDocument: 1, crash: 1 },
      atomic: true,
    },
    mutant: { afterMismatch: 'forget' },
    breaks: /twice/,
  },
  {
    rule: '* following a fence takes its _seq_no',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1, 1, 1], []],
      counter: 'claimed',
      budget: { snapshot: 1, restore: 1, fence: 1 },
      atomic: true,
    },
    mutant: {
      follow: (now, sent, sighting) => {
        const known = RULES.follow(now, sent, sighting);
        return { ...now, pins: known.pins };
      },
    },
    breaks: /stuck/,
  },
  {
    rule: 'following a fence takes its primary term',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1, 1], []],
      counter: 'claimed',
      past: ['snapshot', 'failover', 'failover'],
      budget: { deleteAndRestore: 1, fence: 1 },
      atomic: true,
    },
    mutant: {
      follow: (now, sent, sighting) => {
        const known = RULES.follow(now, sent, sighting);
        return { ...known, term: now.term };
      },
    },
    breaks: /stuck/,
  },
  {
    rule: '* two fences of one copy differ',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { snapshot: 1, restore: 1, fence: 2 },
      atomic: true,
    },
    mutant: { valueAfterFence: (iid, options, known) => RULES.valueAfterFence(iid, options, known, 0) },
    breaks: /twice/,
  },
  {
    rule: '* nothing is given back',
    scenario: { strategy: ['script', 'script'], claims: [[1], [1]], budget: { end: 1 }, atomic: true },
    mutant: { givesBack: true },
    breaks: /lowered/,
  },
  {
    rule: 'nothing is read back and adopted',
    scenario: { strategy: ['script', 'script'], claims: [[1], [1]], counter: 'claimed', budget: { lost: 1 } },
    mutant: { adoptsWhatItReads: true },
    breaks: /twice/,
  },
  {
    rule: 'an answer that wrote nothing is no claim',
    scenario: { strategy: ['script', 'script'], claims: [[1], [1]], counter: 'claimed', budget: { noop: 1 } },
    mutant: {
      decide: (outcome, change, sent, any) =>
        RULES.decide(
          outcome.kind === 'unchanged' ? { ...outcome, kind: 'written' } : outcome,
          change,
          sent,
          any,
        ),
    },
    breaks: /twice|though nothing happened/,
  },
  {
    rule: 'the epoch is pinned',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { deleteDocument: 1, crash: 1 },
      atomic: true,
    },
    mutant: {
      scriptComparesEpochs: false,
      decide: (outcome, change, sent, any) =>
        RULES.decide(
          sent.pins === undefined ? outcome : document(outcome, { epoch: sent.pins.epoch }),
          change,
          sent,
          any,
        ),
      learn: (now, identity, written) => RULES.learn({ ...now, pins: identity }, identity, written),
    },
    breaks: /twice/,
  },
  {
    rule: 'the history is compared at all',
    scenario: {
      strategy: ['script', 'cas'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { snapshot: 1, restore: 1, crash: 1 },
      atomic: true,
    },
    mutant: { confirm: (identity) => identity },
    breaks: /twice/,
  },
  {
    rule: 'the value never goes back behind the mark',
    scenario: {
      strategy: ['script'],
      claims: [[3, 1, 1]],
      counter: 'claimed',
      budget: { snapshot: 1, restore: 1 },
      readable: false,
      atomic: true,
    },
    mutant: {
      decide: (outcome, change, sent, any) => RULES.decide(outcome, change, { ...sent, value: 0 }, any),
    },
    breaks: /twice/,
  },
  {
    rule: 'the primary term never goes back behind the mark',
    scenario: {
      strategy: ['script', 'cas'],
      claims: [
        [1, 1],
        [1, 1, 1],
      ],
      counter: 'claimed',
      past: ['snapshot', 'failover', 'failover'],
      budget: { deleteAndRestore: 1 },
      readable: false,
      atomic: true,
    },
    mutant: {
      decide: (outcome, change, sent, any) => RULES.decide(outcome, change, { ...sent, term: 0 }, any),
    },
    breaks: /twice/,
  },
  {
    rule: 'who knew the counter does not create it again',
    scenario: {
      strategy: ['script'],
      claims: [[1]],
      counter: 'claimed',
      budget: { deleteDocument: 1 },
      atomic: true,
    },
    mutant: {
      decide: (outcome, change, sent, any) =>
        outcome.kind === 'missing' || outcome.sighting.document.epoch !== sent.pins?.epoch
          ? RULES.decide(outcome, change, RULES.NOTHING_KNOWN, any)
          : RULES.decide(outcome, change, sent, any),
      learn: (now, identity, written) => RULES.learn({ ...now, pins: identity }, identity, written),
    },
    breaks: /twice/,
  },
  {
    rule: 'a fence is followed only if it lists the pinned epoch',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1, 1], [1]],
      counter: 'claimed',
      budget: { deleteDocument: 1, crash: 1 },
      atomic: true,
    },
    mutant: {
      decide: (outcome, change, sent, any) => {
        const decision = RULES.decide(outcome, change, sent, any);
        const changed = outcome.kind === 'unchanged' && decision.kind === 'mismatch';
        return changed ? { kind: 'follow' } : decision;
      },
    },
    breaks: /twice/,
  },
  {
    rule: 'a raise is a write, also where there is nothing to raise',
    scenario: {
      strategy: ['cas', 'cas'],
      claims: [[], [1]],
      raises: [[4], [4]],
      counter: 'claimed',
      budget: { isolate: 1 },
    },
    mutant: {
      fieldsAfter: (seen, change, pins) =>
        change.kind === 'raise' && change.to <= (seen.document.iid as number)
          ? undefined
          : RULES.fieldsAfter(seen, change, pins),
      decide: (outcome, change, sent, any) =>
        outcome.kind === 'unchanged' && change.kind === 'raise'
          ? { kind: 'check', identity: sent.pins! }
          : RULES.decide(outcome, change, sent, any),
    },
    breaks: /twice|stuck/,
  },
  {
    rule: '* nobody goes back from a fence to a former epoch',
    scenario: {
      strategy: ['script', 'script'],
      claims: [[1, 1], [1]],
      counter: 'without epoch',
      budget: { copy: 1, switch: 1, fence: 1 },
      atomic: true,
    },
    mutant: {
      decide: (outcome, change, sent, any) => {
        const decision = RULES.decide(outcome, change, sent, any);
        const back =
          outcome.kind === 'unchanged' && sent.pins?.former.includes(outcome.sighting.document.epoch);
        return back === true && decision.kind === 'mismatch' ? { kind: 'follow' } : decision;
      },
    },
    breaks: /twice/,
  },
  {
    rule: 'compare-and-set writes nothing beyond the last id',
    scenario: { strategy: ['cas', 'cas'], claims: [[2], [2]], max: 3, budget: { lost: 1 } },
    mutant: {
      fieldsAfter: (seen, change, pins) =>
        RULES.fieldsAfter(
          seen,
          change.kind === 'claim' ? { ...change, max: Number.MAX_SAFE_INTEGER } : change,
          pins,
        ),
    },
    breaks: /passed its last id/,
  },
  {
    rule: 'a fence lists the epochs before it',
    scenario: { strategy: ['script', 'cas'], claims: [[1], [1]], counter: 'claimed', budget: { fence: 1 } },
    mutant: {
      fieldsAfterFence: (...args) => ({ ...RULES.fieldsAfterFence(...args), epochs: [] }),
    },
    breaks: /though nothing happened/,
  },
];

describe('Without this rule a story ends badly, with it every story ends well', () => {
  it.each(DROPPED)('$rule', ({ scenario, mutant, breaks }) => {
    const sound = explore(new Model(scenario), 100_000);
    expect(sound).toMatchObject({ complete: true });
    expect(sound.violation).toBeUndefined();
    const broken = explore(new Model(scenario, { ...RULES, ...mutant }), 100_000);
    expect(broken.violation).toMatch(breaks);
  });
});

const EXHAUSTIVE: [string, Scenario][] = [
  [
    'no fault, scripts beside compare-and-set, and a fence',
    {
      strategy: ['script', 'cas'],
      claims: [
        [1, 2],
        [2, 1],
      ],
      budget: { fence: 1 },
    },
  ],
  [
    'no fault, three processes at first contact',
    { strategy: ['script', 'cas', 'script'], claims: [[1], [1], [1]], budget: {} },
  ],
  [
    'no fault, claims beside ensureAtLeast',
    { strategy: ['script', 'cas'], claims: [[1, 1], [2]], raises: [[3], []], budget: {} },
  ],
  [
    'answers lost, late and applied twice',
    { strategy: ['script', 'cas'], claims: [[1, 1], [1]], budget: { lost: 1, late: 1, twice: 1, noop: 1 } },
  ],
  [
    'a crash and a deleted document',
    { strategy: ['script', 'cas'], claims: [[1, 1], [1]], budget: { deleteDocument: 1, crash: 1, late: 1 } },
  ],
  [
    'a deleted index, compare-and-set',
    { strategy: ['cas', 'cas'], claims: [[1, 1], [2]], budget: { deleteIndex: 1, late: 1 } },
  ],
  [
    'a snapshot restored and fenced',
    {
      strategy: ['script', 'cas'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { snapshot: 1, restore: 1, fence: 1 },
    },
  ],
  [
    'a snapshot restored and fenced at the highest id in use',
    {
      strategy: ['script', 'cas'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { snapshot: 1, restore: 1, fence: 1, lost: 1 },
      exactFences: true,
    },
  ],
  [
    'a copy, the alias switched, a fence',
    {
      strategy: ['cas', 'script'],
      claims: [[1], [1]],
      counter: 'claimed',
      budget: { copy: 1, switch: 1, fence: 1, late: 1 },
    },
  ],
  [
    'an isolated primary, a fence, an answer lost',
    {
      strategy: ['script', 'cas'],
      claims: [[1, 1], [1]],
      counter: 'claimed',
      budget: { isolate: 1, fence: 1, lost: 1 },
    },
  ],
  [
    'an isolated primary, claims beside ensureAtLeast',
    {
      strategy: ['script', 'cas'],
      claims: [[1], [1]],
      raises: [[4], [4]],
      counter: 'claimed',
      budget: { isolate: 1 },
    },
  ],
  [
    'three processes at the last ids, answers lost, late and applied twice',
    {
      strategy: ['script', 'cas', 'script'],
      claims: [[2, 1], [2], [1]],
      max: 4,
      budget: { lost: 1, late: 1, twice: 1 },
    },
  ],
  [
    'a counter without epoch, fenced',
    {
      strategy: ['script', 'cas'],
      claims: [[1], [1]],
      counter: 'without epoch',
      budget: { fence: 1, crash: 1 },
    },
  ],
];

describe('No id twice, no error without a fault, nobody stuck after a fence', () => {
  it.each(EXHAUSTIVE)('in every order of: %s', (_, scenario) => {
    const result = explore(new Model(scenario), 100_000);
    expect(result.story).toBeUndefined();
    expect(result.complete).toBe(true);
  });

  it(`in ${RUNS} random stories with everything that can happen (seed ${SEED})`, () => {
    const clock = new VirtualClock(SEED);
    for (const strategy of [
      ['script', 'script', 'script'],
      ['cas', 'cas', 'cas'],
      ['script', 'cas', 'script'],
    ]) {
      for (const atomic of [true, false]) {
        const scenario: Scenario = {
          strategy: strategy as Scenario['strategy'],
          claims: [
            [1, 2, 1, 3],
            [2, 1, 1, 1],
            [1, 1, 1, 2],
          ],
          raises: [[7], [], []],
          budget: {
            lost: 1,
            late: 2,
            twice: 1,
            noop: 1,
            'not found': 1,
            crash: 1,
            fence: 2,
            failover: 1,
            isolate: 1,
            deleteDocument: 1,
            snapshot: 1,
            restore: 1,
            deleteAndRestore: 1,
            copy: 1,
            switch: 1,
          },
          atomic,
        };
        const result = walk(new Model(scenario), Math.ceil(RUNS / 6), () => clock.random());
        expect(result.story).toBeUndefined();
      }
    }
  });
});
