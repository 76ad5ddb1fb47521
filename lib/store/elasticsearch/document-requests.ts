import { type SequenceError, sequenceError } from '../../common/sequence-error.js';
import { answersOf, type DocumentOperation, manyRequest, singleRequest } from './document-operation.js';
import { type ErrorAnswer, isFinal } from './error-answer.js';
import { type Answer, type Asker, type ElasticsearchClient, type Refused, request } from './request.js';
import type { OperationChannel } from './operation-channel.js';
import { SharedAsker } from './shared-asker.js';
import { trouble } from './trouble.js';
import { type WaitingOperation, WaitingOperations } from './waiting-operations.js';

/** Requests of one store on their way at once. What comes while they are goes with the next, many in one. */
const MOST_IN_FLIGHT = 4;
/** Operations in one request. */
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
 * - Each operation is answered alone, by what a request of its own would have been answered with. One that fails fails
 *   alone, and one whose caller leaves does not end the request of the others.
 * - At most {@link MOST_IN_FLIGHT} requests count. One that all its callers have given up no longer does, and at most as
 *   many again stay open: a few requests that got lost must not stop every name.
 */
export class DocumentRequests implements OperationChannel {
  readonly #options: DocumentRequestsOptions;
  readonly #waiting = { read: new WaitingOperations(), write: new WaitingOperations() };
  #inFlight = 0;
  /** Requests that nobody waits for any more, left open to tell a slow server from a silent one. */
  #open = 0;
  /** Undefined: nobody has asked the server yet. */
  #together: boolean | undefined;
  #asking = false;

  constructor(options: DocumentRequestsOptions) {
    this.#options = options;
  }

  /** Undefined: `build` said that nothing need be sent any more. */
  send(
    operation: Pick<WaitingOperation, 'name' | 'kind' | 'begun' | 'build'>,
    asker: Asker,
  ): Promise<Answer | undefined> {
    const { signal, progress } = asker;
    if (signal.aborted) return Promise.reject(signal.reason);
    return new Promise((resolve, reject) => {
      const { name, kind, begun, build } = operation;
      const leave = () => {
        waiting.left = true;
        reject(signal.reason);
      };
      const waiting: WaitingOperation = {
        name,
        kind,
        begun,
        build,
        asker,
        resolve: (answer) => {
          signal.removeEventListener('abort', leave);
          resolve(answer);
        },
        reject: (error) => {
          signal.removeEventListener('abort', leave);
          reject(error);
        },
        left: false,
      };
      signal.addEventListener('abort', leave);
      this.#waiting[kind].add(waiting);
      progress?.queued();
      this.#dispatch();
    });
  }

  #dispatch(): void {
    while (this.#inFlight < MOST_IN_FLIGHT) {
      const { read, write } = this.#waiting;
      const [first, second] = write.hasBegun || read.isEmpty ? [write, read] : [read, write];
      const from = first.isEmpty ? second : first;
      const operations = from.isEmpty ? [] : from.take(this.#together === true ? MOST_TOGETHER : 1);
      if (operations.length === 0) return;
      if (this.#together === undefined && !from.isEmpty) void this.#askOnce();
      void this.#sendTogether(operations);
    }
  }

  /** Meanwhile operations go one by one. A server that does not answer is asked again with the next that wait. */
  async #askOnce(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const why = await this.#options.whyNotTogether();
      if (this.#together === undefined) {
        if (why === undefined) this.#together = true;
        else this.#goSingle(why);
      }
    } catch {
      // What went wrong is said by the operations themselves.
    } finally {
      this.#asking = false;
    }
  }

  #goSingle(why: string): void {
    if (this.#together === false) return;
    this.#together = false;
    this.#options.onSingle(why);
  }

  /** Counts from now until it is answered, or until all its callers have given it up. */
  async #sendTogether(operations: readonly WaitingOperation[]): Promise<void> {
    let counts = false;
    const place: Place = {
      take: () => {
        if (!counts) this.#inFlight++;
        counts = true;
      },
      release: () => {
        if (!counts) return;
        counts = false;
        this.#inFlight--;
        this.#dispatch();
      },
    };
    place.take();
    await this.#request(operations.flatMap(built), place);
    place.release();
  }

  /** Whether an answer came. */
  async #request(sent: readonly Sent[], place: Place): Promise<boolean> {
    if (sent.length === 0) return false;
    const { client, alias } = this.#options;
    const operations = sent.map(({ operation }) => operation);
    const [only] = operations;
    const params = operations.length === 1 ? singleRequest(alias, only!) : manyRequest(alias, operations);
    let isOpen = false;
    const asker = new SharedAsker(
      sent.map(({ waiting }) => waiting.asker),
      {
        onGivenUp: () => place.release(),
        mayStayOpen: () => this.#open < MOST_IN_FLIGHT,
        onOpen: () => {
          isOpen = true;
          this.#open++;
        },
      },
    );
    const onEnded = () => {
      if (isOpen) this.#open--;
    };
    try {
      const isAnswer = sent.length === 1 ? isFinal : isAboutRequest;
      const answer = await request(client, params, asker, { isAnswer, onEnded });
      if (sent.length === 1) sent[0]!.waiting.resolve(answer);
      else if (answer.ok) answerEach(sent, answersOf(operations, answer.body));
      else await this.#refusedTogether(sent, answer, place);
      return true;
    } catch (error) {
      for (const { waiting } of sent) waiting.reject(error);
      return false;
    } finally {
      asker.end();
    }
  }

  /** Too large together, they go in halves. Not allowed together, they go one by one. Any other answer is for each of them. */
  async #refusedTogether(sent: readonly Sent[], answer: Refused, place: Place): Promise<void> {
    const { status, type } = answer.error;
    // A gateway that is about to pass says so to each of them, one that lets no bulk through does not.
    if (status === 404 && !isFinal(answer.error)) {
      for (const { waiting } of sent) waiting.asker.progress?.queued();
      place.take();
      if (!(await this.#request(sent.slice(0, 1), place))) {
        for (const { waiting } of sent) waiting.reject(trouble(undefined, answer.error, answer.thrown));
        return;
      }
      this.#goSingle(
        'something before the server lets no requests for many documents through (_bulk, _mget)',
      );
      await this.#sendInParts(sent.slice(1), 1, place);
      return;
    }
    if (isUnknown(answer.error) || (status === 403 && type !== 'cluster_block_exception')) {
      this.#goSingle('the server refuses requests for many documents (_bulk, _mget)');
    } else if (status !== 400 && status !== 413) {
      for (const { waiting } of sent) waiting.resolve(answer);
      return;
    }
    // What was decided stays decided: the refused request changed nothing.
    await this.#sendInParts(sent, this.#together === true ? Math.ceil(sent.length / 2) : 1, place);
  }

  async #sendInParts(sent: readonly Sent[], size: number, place: Place): Promise<void> {
    for (const { waiting } of sent) waiting.asker.progress?.queued();
    for (let from = 0; from < sent.length; from += size) {
      const part = sent.slice(from, from + size).filter(({ waiting }) => !waiting.asker.signal.aborted);
      place.take();
      await this.#request(part, place);
    }
  }
}

/** One of the requests that count. */
interface Place {
  take(): void;
  release(): void;
}

interface Sent {
  readonly waiting: WaitingOperation;
  readonly operation: DocumentOperation;
}

/** No such API: a plain text, of status 400 or 404, or a method that is not allowed. */
function isUnknown({ status, type, reason }: ErrorAnswer): boolean {
  if (status === 405) return true;
  return type === '' && (status === 404 || (status === 400 && reason.startsWith('no handler found')));
}

/**
 * A request for many that is too large or not allowed is refused by whatever stands before the server, too, and by
 * Elasticsearch itself without a word (413): sent in other requests its operations get answers of their own.
 */
function isAboutRequest(error: ErrorAnswer): boolean {
  const { status } = error;
  return isFinal(error) || [403, 404, 405, 413].includes(status);
}

/** What is sent is decided now. */
function built(waiting: WaitingOperation): Sent[] {
  waiting.left = true;
  try {
    const operation = waiting.build();
    if (operation !== undefined) return [{ waiting, operation }];
    waiting.resolve(undefined);
  } catch (error) {
    waiting.reject(error);
  }
  return [];
}

function answerEach(sent: readonly Sent[], answers: readonly Answer[] | undefined): void {
  for (const [place, { waiting }] of sent.entries()) {
    const answer = answers?.[place];
    if (answer === undefined) waiting.reject(unpaired(waiting.name));
    else if (answer.ok || isFinal(answer.error)) waiting.resolve(answer);
    else waiting.reject(trouble(undefined, answer.error, answer.thrown));
  }
}

/** Fewer answers than operations, or answers to others: none can be trusted, and every operation may have been applied. */
function unpaired(name: string): SequenceError {
  return sequenceError(
    name,
    'UNAVAILABLE',
    'the answer to a request for many counters does not fit what was asked (a proxy?). Nothing was handed out; the call may be repeated.',
    { ambiguous: true },
  );
}
