import { CliError, EXIT } from '../exit.js';
import type { Finding } from '../finding.js';
import type { CounterAdministration, CounterReport } from '../target.js';
import { createIndex, findIndex } from '../../store/elasticsearch/counter-index.js';
import { HistoryReader } from '../../store/elasticsearch/history-reader.js';
import { refusal } from '../../store/elasticsearch/error-answer.js';
import type { ElasticsearchClient } from '../../store/elasticsearch/request.js';
import { field } from '../../store/elasticsearch/values.js';
import { counterReport } from './counter-report.js';
import { doctor } from './doctor.js';
import { listCounters } from './counter-list.js';
import { look } from './look.js';

/** The counters of one index of Elasticsearch or OpenSearch. */
export class ElasticsearchCounters implements CounterAdministration {
  constructor(
    private readonly client: ElasticsearchClient,
    private readonly alias: string,
    /** Where the server is, for `doctor`. Undefined: the application's client knows. */
    private readonly url?: URL,
    private readonly ca?: string,
  ) {}

  async list(prefix: string, signal: AbortSignal): Promise<CounterReport[]> {
    const history = await this.#history(signal);
    return listCounters(this.client, this.alias, history, prefix, signal);
  }

  async show(name: string, signal: AbortSignal): Promise<CounterReport | undefined> {
    const history = await this.#history(signal);
    const path = `/${encodeURIComponent(this.alias)}/_doc/${encodeURIComponent(name)}`;
    const answer = await look(this.client, path, signal);
    if (!answer.ok) {
      if (answer.error.status === 404 && field(answer.error.body, 'found') === false) return undefined;
      throw refusal('read the counter', answer);
    }
    const { _index: index, _source: source } = answer.body;
    const former = field(source, 'epochs');
    return {
      ...counterReport(name, source, history),
      details: {
        index: String(index),
        history: String(field(source, 'history') ?? 'none'),
        'former epochs': Array.isArray(former) ? String(former.length) : '0',
      },
    };
  }

  async assertUsable(signal: AbortSignal): Promise<void> {
    await this.#index(signal);
  }

  async createIndex(signal: AbortSignal): Promise<{ index: string; created: boolean }> {
    const found = await findIndex(this.client, this.alias, { signal });
    if (found !== undefined) return { index: found.name, created: false };
    const index = await createIndex(this.client, this.alias, { signal });
    if (index !== undefined) return { index: index.name, created: true };
    throw new CliError('NO_COUNTER', `The alias ${this.alias} was created and is gone again.`, EXIT.trouble);
  }

  doctor({ claim, signal }: { claim: boolean; signal: AbortSignal }): AsyncIterable<Finding> {
    const { client, alias, url, ca } = this;
    return doctor({ client, alias, url, ca, claim, signal });
  }

  async #history(signal: AbortSignal): Promise<string | null> {
    return new HistoryReader(this.client).read(await this.#index(signal), { signal });
  }

  async #index(signal: AbortSignal): Promise<string> {
    const found = await findIndex(this.client, this.alias, { signal });
    if (found !== undefined) return found.name;
    throw new CliError(
      'NO_COUNTER',
      `There is no alias ${JSON.stringify(this.alias)}. Check --index; or create it: nestjs-essequence create-index.`,
      EXIT.trouble,
    );
  }
}
