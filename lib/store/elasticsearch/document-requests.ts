import { systemClock } from '../../common/clock.js';
import { JointRequests } from './joint-request.js';
import type { Caller, OperationChannel } from './operation-channel.js';
import type { Answer, ElasticsearchClient } from './request.js';
import { type Load, RequestPlaces } from './request-places.js';
import { Togetherness } from './togetherness.js';
import { type Group, type WaitingOperation, WaitingOperations, type Whose } from './waiting-operations.js';

/** Operations in one request. The first ids of 10,000 names, asked for at once, take some 130 to 180 requests with it. */
const MOST_TOGETHER = 500;

export interface DocumentRequestsOptions {
  client: ElasticsearchClient;
  alias: string;
  /** Says why operations must not go together on this server, if so. Asked once, when many wait for the first time. */
  whyNotTogether(): Promise<string | undefined>;
  /** Told once why operations go one by one from now on. */
  onSingle(why: string): void;
}

/**
 * The operations on counter documents: one by one while few are on their way, and many in one request when more wait.
 * Invariants:
 * - A name is in a request once, and what it asks for is decided when the request goes out.
 * - Each operation is answered alone. One that fails fails alone, and one whose caller leaves does not end the request of
 *   the others.
 * - A crowd and those who come alone leave each other places: neither waits for ever for the other.
 */
export class DocumentRequests implements OperationChannel {
  readonly #waiting = { read: new WaitingOperations(), write: new WaitingOperations() };
  readonly #places = new RequestPlaces(() => this.#dispatch());
  readonly #together: Togetherness;
  readonly #requests: JointRequests;
  /** Those who come in this turn of the event loop. */
  #arriving: Group | undefined;

  constructor({ client, alias, whyNotTogether, onSingle }: DocumentRequestsOptions) {
    this.#together = new Togetherness(whyNotTogether, onSingle);
    this.#requests = new JointRequests(client, alias, this.#places, this.#together);
  }

  /** Undefined: `build` said that nothing need be sent any more. */
  send(
    { name, kind, begun, build }: Pick<WaitingOperation, 'name' | 'kind' | 'begun' | 'build'>,
    asker: Caller,
  ): Promise<Answer | undefined> {
    const { signal, progress } = asker;
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const leave = () => {
        waiting.left = true;
        reject(signal.reason);
        waiting.onLeft?.(signal.reason);
      };
      const waiting: WaitingOperation = {
        name,
        kind,
        begun,
        build,
        asker,
        group: this.#groupOf(asker),
        resolve: (answer) => {
          signal.removeEventListener('abort', leave);
          resolve(answer);
        },
        reject: (error) => {
          signal.removeEventListener('abort', leave);
          reject(error);
        },
        left: false,
        onLeft: undefined,
      };
      signal.addEventListener('abort', leave);
      this.#waiting[kind].add(waiting);
      progress?.queued();
      this.#dispatch();
    });
  }

  /** Further operations of an attempt belong to the group that it came with. */
  #groupOf(asker: Caller): Group {
    if (asker.group !== undefined) return asker.group;
    if (this.#arriving === undefined) {
      this.#arriving = { size: 0 };
      systemClock.soon(() => (this.#arriving = undefined));
    }
    this.#arriving.size++;
    return (asker.group = this.#arriving);
  }

  #dispatch(): void {
    for (let whose = this.#next(); whose !== undefined; whose = this.#next()) {
      const operations = this.#take(whose);
      if (this.#together.isUnknown && this.#has('all')) void this.#together.askOnce();
      void this.#send(operations, whose === 'crowd' ? 'crowd' : 'few');
    }
  }

  /** Whose request goes next. Those who come with few go past a crowd, as long as it keeps its places. */
  #next(): Whose | undefined {
    if (this.#places.isFull) return undefined;
    if (!this.#together.isAllowed) return this.#has('all') ? 'all' : undefined;
    const mayPass = () => this.#places.leavesOthersTheirs('few') || !this.#has('crowd');
    if (this.#has('few') && mayPass()) return 'few';
    return this.#places.leavesOthersTheirs('crowd') && this.#has('crowd') ? 'crowd' : undefined;
  }

  #has(whose: Whose): boolean {
    return this.#waiting.write.has(whose) || this.#waiting.read.has(whose);
  }

  /** The request for a crowd has room for others, too. */
  #take(whose: Whose): WaitingOperation[] {
    const { read, write } = this.#waiting;
    const from = write.hasBegun(whose) || !read.has(whose) ? write : read;
    return from.take(this.#together.isAllowed ? MOST_TOGETHER : 1, whose === 'few' ? 'few' : 'all');
  }

  async #send(operations: readonly WaitingOperation[], load: Load): Promise<void> {
    const place = this.#places.take(load);
    await this.#requests.send(operations, place);
    place.release();
  }
}
