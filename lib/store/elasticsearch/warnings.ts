/** What an operator should know though nothing fails. Without a listener it is a warning of the process. */
export class Warnings {
  /** Each warning is given once. */
  readonly #given = new Set<string>();
  readonly #listeners = new Set<(text: string) => void>();

  /** Returns how to stop listening. */
  listen(listener: (text: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Once for each text, or for all of one `kind`. */
  give(text: string, kind = text): void {
    if (this.#given.has(kind)) return;
    this.#given.add(kind);
    if (this.#listeners.size === 0) process.emitWarning(text, { type: 'SequenceWarning' });
    for (const listener of this.#listeners) listener(text);
  }
}
