import { cpus, loadavg, platform, release, totalmem } from 'node:os';

/** Where figures come from. The load is that of the minute before: other work on the machine shows in it. */
export function machine(): string {
  const cores = cpus();
  const memory = Math.round(totalmem() / 2 ** 30);
  return (
    `${cores.length} x ${cores[0]?.model.trim() ?? 'unknown processor'}, ${memory} GB, ${platform()} ${release()}, ` +
    `Node ${process.versions.node} (V8 ${process.versions.v8}), load before: ${loadavg()[0]!.toFixed(1)}`
  );
}
