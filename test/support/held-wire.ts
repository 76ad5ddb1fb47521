import type { ElasticsearchClient, ElasticsearchRequest } from '../../lib/store/elasticsearch/request.js';

/** One request that waits for the test to say how it ends. */
export class HeldRequest {
  /** The library has ended it. */
  ended = false;
  #resolve!: (response: unknown) => void;
  #reject!: (error: unknown) => void;
  readonly response: Promise<unknown>;

  constructor(
    readonly params: ElasticsearchRequest,
    signal: AbortSignal,
  ) {
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal.addEventListener('abort', () => {
      this.ended = true;
      this.#reject(new Error('Request aborted'));
    });
  }

  /** The names of counters that it asks about. */
  get names(): string[] {
    const { path, body, bulkBody } = this.params;
    if (bulkBody !== undefined) {
      const actions = bulkBody.filter((_, line) => line % 2 === 0);
      return actions.map((action) => (Object.values(action)[0] as { _id: string })._id);
    }
    return (body?.['ids'] as string[] | undefined) ?? [path.split('/')[3]!];
  }

  async answer(body: unknown, status = 200): Promise<void> {
    if (status < 400) this.#resolve({ statusCode: status, body });
    else this.#reject(Object.assign(new Error(`Error ${status}`), { meta: { statusCode: status, body } }));
    await turn();
  }

  async fail(error: Error): Promise<void> {
    this.#reject(error);
    await turn();
  }
}

/** A client whose requests wait for the test to answer them. */
export class HeldWire {
  readonly requests: HeldRequest[] = [];
  readonly client: ElasticsearchClient = {
    transport: {
      request: (params, options) => {
        const { signal } = options as { signal: AbortSignal };
        const request = new HeldRequest(structuredClone(params), signal);
        this.requests.push(request);
        return request.response;
      },
    },
  };
}

/** The next turn of the event loop, when all promises have settled. */
export async function turn(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}
