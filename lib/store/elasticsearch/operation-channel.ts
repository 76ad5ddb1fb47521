import { singleRequest } from './document-operation.js';
import { type Answer, type Asker, type ElasticsearchClient, request } from './request.js';
import type { Group, WaitingOperation } from './waiting-operations.js';

/** One attempt, through all the requests it takes. */
export interface Caller extends Asker {
  /** Whom it came with, from its first operation on. */
  group?: Group;
}

/** What carries operations to the server. Each resolves with its answer; undefined: nothing had to be sent any more. */
export interface OperationChannel {
  send(
    operation: Pick<WaitingOperation, 'name' | 'kind' | 'begun' | 'build'>,
    asker: Caller,
  ): Promise<Answer | undefined>;
}

/** Each operation at once, as a request of its own: fences and looks do not queue behind claims. */
export class DirectRequests implements OperationChannel {
  constructor(
    private readonly client: ElasticsearchClient,
    private readonly alias: string,
  ) {}

  async send({ build }: Pick<WaitingOperation, 'build'>, asker: Asker): Promise<Answer | undefined> {
    const operation = build();
    return operation && request(this.client, singleRequest(this.alias, operation), asker);
  }
}
