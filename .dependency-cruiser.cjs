/**
 * The import arrows of CONTRIBUTING.md:
 * cma-es-ts ← pure (in the order of the data) ← io ← activities ← edges; workflows apart.
 * `import type` leaves no trace at run time: the rules that keep code apart let it pass, and
 * those on types come last.
 */
const tests = '\\.(test|cases|fixture)\\.ts$';
const value = { dependencyTypesNot: ['type-only'] };

/** src/<folder>, in the order of the data: each may import those before it. */
const path = [
  'spec',
  'preflight',
  'space',
  'samplers',
  'merge',
  'evaluation',
  'scoring',
  'budget',
  'report',
];
const pure = `^src/(${path.join('|')})/`;
const io = '^src/(store|external)/';
const edges = '^src/(worker|client|cli|dashboard)/|^src/config\\.ts$';
/** Shapes without code, read by everybody. */
const contracts = '^(activities/contracts|src/store/rows)\\.ts$';

/** Tables and turns of sign that the whole path speaks of: the traits of the methods, where fitness becomes loss. */
const vocabulary = '^src/(merge/methods|scoring/fitness)\\.ts$';

const onlyTowardsTheStart = path.slice(0, -1).map((folder, index) => ({
  name: `pure-order-${folder}`,
  comment: `src/${folder} comes before ${path.slice(index + 1).join(', ')} on the path of the data.`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: tests },
  to: { path: `^src/(${path.slice(index + 1).join('|')})/`, pathNot: vocabulary, ...value },
}));

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Modules that import each other can be read only together. Types may point back.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'cma-es-ts-alone',
      comment: 'The optimizer is publishable alone: it imports its own files, no package, no Node.',
      severity: 'error',
      from: { path: '^packages/cma-es-ts/src/', pathNot: `${tests}|/testing/` },
      to: { pathNot: '^packages/cma-es-ts/src/' },
    },
    {
      name: 'cma-es-ts-front-door',
      comment: 'Others import the package by its name.',
      severity: 'error',
      from: { pathNot: '^packages/cma-es-ts/' },
      to: {
        path: '^packages/cma-es-ts/src/',
        pathNot: '^packages/cma-es-ts/src/(gp/)?index\\.ts$',
      },
    },
    {
      name: 'pure-is-pure',
      comment: 'The pure core does no io: move it to src/store, src/external or an activity.',
      severity: 'error',
      from: { path: pure, pathNot: tests },
      to: { path: `${io}|^activities/|^workflows/|${edges}`, ...value },
    },
    {
      name: 'pure-imports-no-node',
      comment: 'Of Node, pure code takes the hash function alone.',
      severity: 'error',
      from: { path: pure, pathNot: tests },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?crypto$' },
    },
    {
      name: 'pure-imports-few-packages',
      comment: 'Parsers, colours as text, the optimizer: nothing that has an outside.',
      severity: 'error',
      from: { path: pure, pathNot: tests },
      to: {
        dependencyTypes: ['npm', 'npm-dev', 'npm-optional', 'npm-peer'],
        pathNot: 'node_modules/(zod|yaml|picocolors)/',
      },
    },
    ...onlyTowardsTheStart,
    {
      name: 'errors-import-nothing',
      comment: 'Workflow code uses src/errors.ts.',
      severity: 'error',
      from: { path: '^src/errors\\.ts$' },
      to: {},
    },
    {
      name: 'io-knows-no-caller',
      comment:
        'Io takes what it needs as arguments; only activities and edges know Temporal and the user.',
      severity: 'error',
      from: { path: io, pathNot: tests },
      to: { path: `^activities/|^workflows/|${edges}`, ...value },
    },
    {
      name: 'activities-know-no-edge',
      comment: 'Activities get their dependencies from createActivities.',
      severity: 'error',
      from: { path: '^activities/', pathNot: tests },
      to: { path: edges, ...value },
    },
    {
      name: 'cli-is-last',
      comment: 'Nothing imports the command line.',
      severity: 'error',
      from: { pathNot: '^(src/cli|bin|test|scripts|bench)/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'sqlite-in-the-store',
      comment:
        'One place knows SQLite: src/store. The doctor asks whether the package loads at all.',
      severity: 'error',
      from: {
        path: '^(src|activities|workflows)/',
        pathNot: `^src/store/|^src/cli/doctor|${tests}`,
      },
      to: { path: 'node_modules/better-sqlite3/' },
    },
    {
      name: 'processes-in-external',
      comment:
        'Programs of a trial start in src/external, supervised; edges may start their own kind.',
      severity: 'error',
      from: { path: '^(src|activities|workflows)/', pathNot: `^src/external/|${edges}|${tests}` },
      to: { path: 'node_modules/execa/|^(node:)?child_process$' },
    },
    {
      name: 'workflow-sandbox',
      comment:
        'Workflow code runs without Node and is replayed: it imports the SDK, workflows/*, src/errors.ts and types.',
      severity: 'error',
      from: { path: '^workflows/', pathNot: tests },
      to: { pathNot: '^workflows/|^src/errors\\.ts$|node_modules/@temporalio/workflow/', ...value },
    },
    {
      name: 'scheduler-is-pure',
      comment: 'The simulator drives the same reducer: no Temporal, not even its types.',
      severity: 'error',
      from: { path: '^workflows/scheduler\\.ts$' },
      to: { path: 'node_modules/@temporalio/' },
    },
    {
      name: 'pure-types',
      comment: 'Even types: pure code may name the contracts, not what io and edges look like.',
      severity: 'error',
      from: { path: pure, pathNot: tests },
      to: { path: `${io}|^activities/|^workflows/|${edges}`, pathNot: contracts },
    },
    {
      name: 'no-tests-in-code',
      comment: 'What ships does not import tests.',
      severity: 'error',
      from: { path: '^(src|workflows|activities|packages)/', pathNot: tests },
      to: { path: tests },
    },
    {
      name: 'resolvable',
      comment: 'A path that leads nowhere fails at run time only.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    exclude: { path: '(^|/)dist/' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'node', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
