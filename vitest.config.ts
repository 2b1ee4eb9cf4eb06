import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Roles of users import the package by its name.
  resolve: { alias: { provision: new URL('src/index.ts', import.meta.url).pathname } },
  test: {
    globalSetup: 'test/temporary-folder.ts',
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/e2e/**'],
          // Many run real shells, which on a busy machine take their time.
          testTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 300_000,
          fileParallelism: true,
          maxWorkers: 2,
        },
      },
    ],
  },
});
