import type { ElasticsearchClient } from '../../store/elasticsearch/request.js';

/** What the checks of `doctor` look at. */
export interface Patient {
  client: ElasticsearchClient;
  alias: string;
  /** Undefined: the application's client knows where the server is. */
  url: URL | undefined;
  /** The certificates that are trusted, as PEM. */
  ca: string | undefined;
  /** Whether to time a claim by a write that changes nothing. */
  claim: boolean;
  signal: AbortSignal;
}
