/** Whether operations on different counters may go together in one request to this server. */
export class Togetherness {
  /** Undefined: nobody has asked the server yet. */
  #allowed: boolean | undefined;
  #asking = false;

  constructor(
    /** Says why they must not, if so. */
    private readonly whyNot: () => Promise<string | undefined>,
    /** Told once why they go one by one from now on. */
    private readonly onSingle: (why: string) => void,
  ) {}

  get isAllowed(): boolean {
    return this.#allowed === true;
  }

  get isUnknown(): boolean {
    return this.#allowed === undefined;
  }

  /** Meanwhile operations go one by one. A server that does not answer is asked again with the next that wait. */
  async askOnce(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      const why = await this.whyNot();
      if (!this.isUnknown) return;
      if (why === undefined) this.#allowed = true;
      else this.refuse(why);
    } catch {
      // What went wrong is said by the operations themselves.
    } finally {
      this.#asking = false;
    }
  }

  refuse(why: string): void {
    if (this.#allowed === false) return;
    this.#allowed = false;
    this.onSingle(why);
  }
}
