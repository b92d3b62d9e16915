import { defineConfig } from 'vitest/config';

const alias = [
  {
    find: /^cma-es-ts$/,
    replacement: new URL('./packages/cma-es-ts/src/index.ts', import.meta.url).pathname,
  },
  {
    find: /^cma-es-ts\/gp$/,
    replacement: new URL('./packages/cma-es-ts/src/gp/index.ts', import.meta.url).pathname,
  },
];

export default defineConfig({
  test: {
    projects: [
      {
        resolve: { alias },
        test: {
          name: 'unit',
          include: [
            '{src,workflows,activities,bench,packages/*/src,test/sim}/**/*.test.ts',
            'scripts/**/*.test.mjs',
            'test/{security,deploy}/**/*.test.ts',
            'test/{chaos,powercut}/**/*.test.ts',
          ],
          exclude: ['**/dist/**', '**/node_modules/**'],
          // For tests that hang: a busy machine must fail none.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'workflow',
          include: ['test/workflow/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
      {
        resolve: { alias },
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 1_200_000,
          hookTimeout: 1_200_000,
          fileParallelism: false,
        },
      },
      {
        // `npm run test:full`; `npm test` runs one of them, in turn.
        resolve: { alias },
        test: {
          name: 'slow',
          include: ['test/slow/**/*.test.ts'],
          testTimeout: 2_400_000,
          hookTimeout: 600_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
