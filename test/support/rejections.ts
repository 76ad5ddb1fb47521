import { setImmediate } from 'node:timers/promises';

/** Waits until Node.js has told of rejections that nobody handles. jest fails the test that leaves one. */
export async function handled(): Promise<true> {
  await setImmediate();
  return true;
}
