import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { include: ['test/store/files/files*.vitest.ts'], maxWorkers: 1 } });
