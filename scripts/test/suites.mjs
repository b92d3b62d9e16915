/** What `npm test` runs: a table. Each command counts what its report says, or one when it has none. */
import { delimiter, join } from 'node:path';

/** @param where the checkout, and the folder for logs and reports */
export function listSuites({ root, reports, python }) {
  const tool = (name) => join(root, 'node_modules', '.bin', name);
  const inPython = { cwd: join(root, 'python') };
  const vitest = (name, ...args) => {
    const path = join(reports, `${name}.json`);
    return {
      name: 'vitest',
      argv: [
        tool('vitest'),
        'run',
        ...args,
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${path}`,
      ],
      report: { format: 'vitest', path },
    };
  };
  const pytest = (name, ...args) => {
    const path = join(reports, `${name}.xml`);
    return {
      name: 'pytest',
      argv: [
        python,
        '-m',
        'pytest',
        '-p',
        'no:cacheprovider',
        '--durations=5',
        `--junitxml=${path}`,
        ...args,
      ],
      ...inPython,
      report: { format: 'junit', path },
    };
  };
  /** A program of `test/NAME/main.ts`: one case, which its exit code decides; its log has the seed. */
  const fault = (name, ...args) => ({
    name,
    argv: [tool('tsx'), `test/${name}/main.ts`, ...args],
  });
  const checks = [
    { name: 'types', argv: [tool('tsc'), '-b'] },
    { name: 'eslint', argv: [tool('eslint'), '.', '--max-warnings', '0'] },
    { name: 'prettier', argv: [tool('prettier'), '--check', '.'] },
    {
      name: 'imports',
      argv: [
        tool('depcruise'),
        '--config',
        '.dependency-cruiser.cjs',
        'src',
        'workflows',
        'activities',
        'packages',
      ],
    },
    { name: 'unused', argv: [tool('knip')] },
    { name: 'docs', argv: [tool('tsx'), 'scripts/generate-docs.ts', '--check'] },
    { name: 'publint', argv: [tool('publint'), '--strict', 'packages/cma-es-ts'] },
    { name: 'attw', argv: [tool('attw'), '--pack', 'packages/cma-es-ts', '--profile', 'esm-only'] },
    { name: 'ruff', argv: [python, '-m', 'ruff', 'check'], ...inPython },
    { name: 'ruff format', argv: [python, '-m', 'ruff', 'format', '--check'], ...inPython },
    { name: 'mypy', argv: [python, '-m', 'mypy'], ...inPython },
  ];
  return {
    check: { name: 'check', minutes: 10, commands: checks },
    unit: { name: 'unit', minutes: 15, commands: [vitest('unit', '--project', 'unit')] },
    python: { name: 'python', minutes: 10, commands: [pytest('python', '-m', 'not slow')] },
    workflow: {
      name: 'workflow',
      minutes: 15,
      commands: [vitest('workflow', '--project', 'workflow')],
    },
    e2e: { name: 'e2e', minutes: 25, commands: [vitest('e2e', '--project', 'e2e')] },
    chaos: { name: 'chaos', minutes: 10, commands: [fault('chaos', '--kills', '20')] },
    faults: {
      name: 'faults',
      minutes: 25,
      commands: [
        fault('sim', '--seconds', '85'),
        fault('powercut', '--cuts', '150'),
        fault('faultsweep', '--sample', '40'),
        // It shares two cores with the unit tests, which doubles and trebles CPU times too.
        fault('fuzz', '--cases', '5000', '--seconds', '480', '--hang-ms', '800'),
        fault('sabotage', '--sample', '5'),
      ],
    },
    /** @param items of `listSlowTests`; each runs by itself */
    slow: (items) => ({
      name: 'slow',
      minutes: 40,
      commands: items.map((item, index) =>
        item.runner === 'pytest'
          ? pytest(`slow-${index}`, '-m', 'slow', item.id)
          : vitest(`slow-${index}`, '--project', 'slow', item.id),
      ),
    }),
  };
}

/** No settings of the person who tests, no network, the project's Python tools first. */
export function testEnvironment(env, python) {
  const kept = Object.entries(env).filter(
    ([name]) => !/^(TEMPORAL_|MERGESWEEP_(RESULTS|POOL)$)/.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    PATH: `${join(python, '..')}${delimiter}${env.PATH ?? ''}`,
    HF_HUB_OFFLINE: '1',
    HF_DATASETS_OFFLINE: '1',
    TRANSFORMERS_OFFLINE: '1',
  };
}
