/**
 * Resolves when this process is asked to end, or when the one that started it is gone: tsx runs it as a child, and a
 * kill -9 there would leave it behind. Keeps the process alive until then.
 */
export function untilEnded(): Promise<void> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    const end = (): void => {
      clearInterval(watch);
      resolve();
    };
    const watch = setInterval(() => process.ppid !== parent && end(), 500);
    // Not once: tsx passes on the signal that Ctrl-C has sent to both, and the second must not cut the clean end short.
    process.on('SIGINT', end);
    process.on('SIGTERM', end);
  });
}
