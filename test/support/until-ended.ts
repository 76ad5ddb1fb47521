/** Resolves when this process is asked to end, or when tsx, which runs it as a child, is gone without passing that on. */
export function untilEnded(): Promise<void> {
  return new Promise((resolve) => {
    const alive = setInterval(() => undefined, 60_000);
    const end = (): void => {
      clearInterval(alive);
      resolve();
    };
    process.once('SIGINT', end);
    process.once('SIGTERM', end);
    process.once('disconnect', end);
  });
}
