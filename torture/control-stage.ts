import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  HistoryWriter,
  NEMESIS_FILE,
  type NemesisRecord,
  now,
  workerFile,
  type WorkerRecord,
} from './history.js';
import { describePlan, historyFolder } from './torture-run.js';
import { ask, type TortureCluster } from './torture-cluster.js';

export const SEQUENCE = 'orders';

/** One process of a control, as the checker sees it: a file. */
export class ControlProcess {
  readonly #history: HistoryWriter<WorkerRecord>;

  constructor(folder: string, worker: number) {
    this.#history = new HistoryWriter(join(folder, workerFile(worker, 1)));
    this.#history.write({ kind: 'start', worker, life: 1, pid: process.pid });
  }

  claimed(first: number, last: number): void {
    this.#history.write({ kind: 'claim', sequence: SEQUENCE, first, last });
  }

  drew(first: number, last = first): void {
    this.#history.write({ kind: 'drew', sequence: SEQUENCE, lane: 0, ranges: [[first, last]] });
  }

  /** One call that says it is on demand. */
  async called(draw: () => Promise<number>): Promise<void> {
    const begun = now();
    const id = await draw();
    this.#history.write({ kind: 'drew', sequence: SEQUENCE, lane: 0, ranges: [[id, id]], begun });
  }

  /** A whole block, used up at once. */
  used(last: number, count: number): void {
    this.claimed(last - count + 1, last);
    this.drew(last - count + 1, last);
  }
}

/** Where a control plays: real servers, an index of its own, and histories for the checker. */
export class ControlStage {
  readonly folder: string;
  readonly index = `control-${randomUUID().slice(0, 8)}`;
  #processes = 0;

  constructor(
    readonly cluster: TortureCluster,
    /** Of a server with Painless. */
    readonly scriptedUrl: string,
    name: string,
  ) {
    this.folder = historyFolder(join('controls', name));
    const history = new HistoryWriter<NemesisRecord>(join(this.folder, NEMESIS_FILE));
    const plan = {
      ...describePlan(cluster, name, 0),
      workers: 2,
      sequences: {},
      leastIds: 1,
      leastTogether: 0,
      leastFaults: {},
      failedCalls: 'none' as const,
      leastAfterHeal: 0,
    };
    history.write({ kind: 'plan', plan });
    history.close();
  }

  get url(): string {
    return this.cluster.urls[0]!;
  }

  process(): ControlProcess {
    return new ControlProcess(this.folder, this.#processes++);
  }

  async createIndex(url = this.url, settings: object = {}, index = this.index): Promise<void> {
    const body = { settings: { number_of_shards: 1, number_of_replicas: 0, ...settings } };
    await must(ask(url, 'PUT', `/${index}`, body));
  }

  async removeIndex(url = this.url, index = this.index): Promise<void> {
    await must(ask(url, 'DELETE', `/${index}`));
  }
}

/** The controls show what real servers do: a request that fails would show nothing. */
export async function must<Answer>(asked: Promise<Answer | undefined>): Promise<Answer> {
  const answer = await asked;
  const error = (answer as { error?: unknown } | undefined)?.error;
  if (answer === undefined || error !== undefined) {
    throw new Error(`The stage could not be set: ${JSON.stringify(error) ?? 'no answer'}`);
  }
  return answer;
}
