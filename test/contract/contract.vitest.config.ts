import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/contract/contract*.vitest.ts'], globals: true, maxWorkers: 1 },
});
