import { macrotask } from '../../common/clock.js';
import { type SequenceError, sequenceError } from '../../common/sequence-error.js';
import { answersOf, type DocumentOperation, manyRequest, singleRequest } from './document-operation.js';
import { type ErrorAnswer, isFinal } from './error-answer.js';
import { type Answer, type ElasticsearchClient, type Refused, request } from './request.js';
import type { Place, RequestPlaces } from './request-places.js';
import { SharedAsker } from './shared-asker.js';
import type { Togetherness } from './togetherness.js';
import { trouble } from './trouble.js';
import type { WaitingOperation } from './waiting-operations.js';

/**
 * What follows from so many answers takes the process a few milliseconds. The next ones wait for the next turn of the event
 * loop. Behind the answers to attempts that have begun comes a reading of the history for each turn, so fewer turns for those.
 */
const ANSWERS_IN_A_TURN = { begun: 80, fresh: 40 } as const;

/** An operation that is on its way, as it was decided when it went out. */
interface Sent {
  readonly waiting: WaitingOperation;
  readonly operation: DocumentOperation;
}

/**
 * Sends operations on different names in one request. Each is answered alone, by what a request of its own would have been
 * answered with.
 */
export class JointRequests {
  constructor(
    private readonly client: ElasticsearchClient,
    private readonly alias: string,
    private readonly places: RequestPlaces,
    private readonly together: Togetherness,
  ) {}

  /** Settles them all. `place`: given back when all their callers have given it up. */
  async send(operations: readonly WaitingOperation[], place: Place): Promise<void> {
    await this.#request(operations.flatMap(built), place);
  }

  /** Whether an answer came. */
  async #request(sent: readonly Sent[], place: Place): Promise<boolean> {
    if (sent.length === 0) return false;
    const operations = sent.map(({ operation }) => operation);
    const [only] = operations;
    const params =
      operations.length === 1 ? singleRequest(this.alias, only!) : manyRequest(this.alias, operations);
    let onEnded = () => {};
    const asker = new SharedAsker(
      sent.map(({ waiting }) => waiting),
      {
        onGivenUp: () => place.release(),
        mayStayOpen: () => this.places.mayStayOpen,
        onOpen: () => (onEnded = this.places.stayOpen()),
      },
    );
    try {
      const isAnswer = sent.length === 1 ? isFinal : isAboutRequest;
      const answer = await request(this.client, params, asker, { isAnswer, onEnded: () => onEnded() });
      if (sent.length === 1) sent[0]!.waiting.resolve(answer);
      else if (answer.ok) await answerEach(sent, answersOf(operations, answer.body));
      else await this.#refused(sent, answer, place);
      return true;
    } catch (error) {
      for (const { waiting } of sent) waiting.reject(error);
      return false;
    }
  }

  /** Too large together, they go in halves. Not allowed together, they go one by one. Any other answer is for each of them. */
  async #refused(sent: readonly Sent[], answer: Refused, place: Place): Promise<void> {
    const { status, type } = answer.error;
    // A gateway that is about to pass says so to each of them, one that lets no bulk through does not.
    if (status === 404 && !isFinal(answer.error)) {
      const staying = sent.filter(isWaitedFor);
      for (const { waiting } of staying) waiting.asker.progress?.queued();
      place.take();
      if (!(await this.#request(staying.slice(0, 1), place))) {
        for (const { waiting } of staying) waiting.reject(trouble(undefined, answer.error, answer.thrown));
        return;
      }
      this.together.refuse(
        'something before the server lets no requests for many documents through (_bulk, _mget)',
      );
      await this.#sendInParts(staying.slice(1), 1, place);
      return;
    }
    if (isUnknown(answer.error) || (status === 403 && type !== 'cluster_block_exception')) {
      this.together.refuse('the server refuses requests for many documents (_bulk, _mget)');
    } else if (status !== 400 && status !== 413) {
      for (const { waiting } of sent) waiting.resolve(answer);
      return;
    }
    // What was decided stays decided: the refused request changed nothing.
    await this.#sendInParts(sent, this.together.isAllowed ? Math.ceil(sent.length / 2) : 1, place);
  }

  async #sendInParts(sent: readonly Sent[], size: number, place: Place): Promise<void> {
    for (const { waiting } of sent) waiting.asker.progress?.queued();
    for (let from = 0; from < sent.length; from += size) {
      const part = sent.slice(from, from + size).filter(isWaitedFor);
      place.take();
      await this.#request(part, place);
    }
  }
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

function isWaitedFor({ waiting }: Sent): boolean {
  return !waiting.asker.signal.aborted;
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

/** The place of the request stays taken until all have their answers: what they ask next then goes together again. */
async function answerEach(sent: readonly Sent[], answers: readonly Answer[] | undefined): Promise<void> {
  const most = ANSWERS_IN_A_TURN[sent[0]!.waiting.begun ? 'begun' : 'fresh'];
  for (const [place, { waiting }] of sent.entries()) {
    if (place > 0 && place % most === 0) await macrotask();
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
