// Which tests run together: quick ones on fakes, those that need systemd's programs, and those that need a container engine, one
// file after another.
import { defineConfig } from 'vitest/config';
import { soak } from './support/soak.ts';

const root = new URL('..', import.meta.url).pathname;

// The one default export that a tool asks for.
export default defineConfig({
  root,
  test: {
    projects: [
      {
        root,
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts', 'test/contract/fake*.test.ts', 'test/architecture*.test.ts'],
        },
      },
      {
        root,
        test: {
          name: 'systemd',
          include: ['test/systemd/**/*.test.ts'],
          testTimeout: 20_000,
        },
      },
      {
        root,
        test: {
          name: 'engine',
          include: ['test/contract/docker*.test.ts', 'test/engine/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 60_000,
          hookTimeout: 300_000,
        },
      },
      {
        root,
        test: {
          name: 'hostile',
          include: ['test/hostile/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: soak ? 1_800_000 : 60_000,
          hookTimeout: 300_000,
        },
      },
      {
        root,
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 90_000,
          hookTimeout: 300_000,
        },
      },
      {
        root,
        test: {
          name: 'cli',
          include: ['test/cli/**/*.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
