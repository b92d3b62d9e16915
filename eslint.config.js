import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      'node_modules/**',
      '.venv/**',
      'coverage/**',
      'results/**',
      '.setup/**',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Numbers in messages are what messages are for.
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // `_` marks what a signature demands and a body does not use.
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_' },
      ],
      // `type` reads better than `interface` for unions' members; both are fine.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // JSON index signatures are read with brackets under noPropertyAccessFromIndexSignature.
      '@typescript-eslint/dot-notation': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
    },
  },
  {
    files: ['**/*.js', '**/*.mjs'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
        Buffer: 'readonly',
      },
    },
  },
  {
    files: ['workflows/**/*.ts'],
    ignores: ['workflows/**/*.test.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['node:*', 'fs', 'path', 'crypto', 'better-sqlite3', 'execa'],
              message: 'Workflow code runs in a sandbox without Node: move this to an activity.',
            },
          ],
        },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Not there in the workflow sandbox.' },
      ],
    },
  },
  {
    // Pure code is a function of its arguments: a replayed sweep must come out the same.
    files: [
      'packages/cma-es-ts/src/**/*.ts',
      'src/{spec,preflight,space,samplers,merge,evaluation,scoring,report}/**/*.ts',
      'workflows/scheduler.ts',
    ],
    ignores: ['**/*.test.ts', '**/*.cases.ts', '**/*.fixture.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Take a seeded generator as an argument.' },
        { object: 'Date', property: 'now', message: 'Take the time as an argument.' },
        { object: 'performance', property: 'now', message: 'Take the time as an argument.' },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Take the time as an argument.',
        },
      ],
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'Take what you need of the process as an argument.' },
        { name: 'setTimeout', message: 'Pure code does not wait.' },
      ],
    },
  },
  {
    // The default of what `~/` stands for; callers that must be pure pass it.
    files: ['src/spec/parse-sweep-spec.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    files: ['**/*.test.ts'],
    rules: {
      // Fixtures are known to be there; a missing one fails the test anyway.
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
