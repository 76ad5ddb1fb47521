import type { Client as Client7 } from 'elasticsearch-7';

const BULK_SIZE = 10;

/**
 * What lovely.essequence does, call by call: a fixed block of ten, claimed when the one before is used up, by whoever
 * draws then, with `refresh` and ten retries on the server.
 */
export class PythonPackageSequence {
  requests = 0;
  #ids: number[] = [];
  #refilling: Promise<void> | undefined;

  constructor(
    private readonly client: Client7,
    private readonly index: string,
    private readonly name: string,
  ) {}

  async next(): Promise<number> {
    while (this.#ids.length === 0) {
      await (this.#refilling ??= this.#refill().finally(() => (this.#refilling = undefined)));
    }
    return this.#ids.pop()!;
  }

  async #refill(): Promise<void> {
    this.requests++;
    const params: object = {
      index: this.index,
      id: this.name,
      refresh: true,
      retry_on_conflict: 10,
      _source: true,
      body: {
        script: { source: 'ctx._source.iid += params.bulk_size', params: { bulk_size: BULK_SIZE } },
        upsert: { name: this.name, iid: BULK_SIZE },
      },
    };
    const answer: unknown = await this.client.update(params as never);
    const last = (answer as { body: { get: { _source: { iid: number } } } }).body.get._source.iid;
    this.#ids = Array.from({ length: BULK_SIZE }, (_, offset) => last - offset);
  }
}
