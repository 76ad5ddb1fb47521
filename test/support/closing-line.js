/** Ends a run of jest with one line that counts: "N passed, N failed". A run in which nothing passed has failed. */
export default class ClosingLine {
  #error;

  constructor({ json, outputFile, watch, watchAll }) {
    this.silent = watch || watchAll || (json && !outputFile);
  }

  onRunComplete(_contexts, results) {
    if (this.silent) return;
    const { numPassedTests: passed, numPendingTests, numTodoTests } = results;
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    const skipped = numPendingTests + numTodoTests;
    const line = `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`;
    if (passed === 0) this.#error = new Error('No test has passed.');
    // jest writes its summary after all reporters, and mutes the stream before it ends a run that broke down.
    const write = process.stdout.write.bind(process.stdout);
    process.once('exit', () => write(line));
  }

  /** jest fails a run that a reporter finds fault with. */
  getLastError() {
    return this.#error;
  }
}
