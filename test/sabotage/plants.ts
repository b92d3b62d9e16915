/** The bugs, each with the test that is there for it. Texts follow the source: `STALE` says when they don't. */
import type { Plant } from './plant.js';

const ledgerTest = 'src/store/ledger.test.ts';
const chainTest = 'src/store/chain.test.ts';
const coordinatorTest = 'activities/coordinator.test.ts';
const tellAskTest = 'activities/tell-ask.test.ts';
const schedulerTest = 'workflows/scheduler.test.ts';
const processTest = 'src/external/processes.test.ts';
const resultsTest = 'src/evaluation/results.test.ts';
const runTrialTest = 'activities/run-trial.test.ts';

export const plants: readonly Plant[] = [
  {
    name: 'the ledger is written with synchronous NORMAL',
    file: 'src/store/connection.ts',
    find: "['synchronous', 'FULL', 2]",
    replace: "['synchronous', 'NORMAL', 1]",
    caughtBy: { test: ledgerTest, title: 'is as durable after the second opening' },
  },
  {
    name: 'what SQLite was set to is not set again on the second opening',
    file: 'src/store/connection.ts',
    find: 'db.pragma(`${pragma} = ${value}`);',
    replace: "if (pragma !== 'synchronous') db.pragma(`${pragma} = ${value}`);",
    caughtBy: { test: ledgerTest, title: 'is as durable after the second opening' },
  },
  {
    name: 'a transaction is none: what it wrote before an error stays',
    file: 'src/store/ledger.ts',
    find: '            .immediate(),',
    replace:
      '            .immediate === undefined\n            ? work(db)\n            : work(db),',
    caughtBy: { test: ledgerTest, title: 'takes all of a transaction back when it fails' },
  },
  {
    name: 'a writer does not ask whether another one came after it',
    file: 'src/store/ledger.ts',
    find: 'requireClaim(db, path, claim.epoch);',
    replace: '',
    caughtBy: { test: 'src/store/claim.test.ts', title: 'may write no more once another' },
  },
  {
    name: 'the lock lets a second writer in',
    file: 'src/store/exclusive-lock.ts',
    find: "db.exec('BEGIN EXCLUSIVE');",
    replace: "db.exec('BEGIN');",
    caughtBy: { test: 'src/store/writer-lock.test.ts', title: 'gives the lock to one' },
  },
  {
    name: 'accepted scores may be changed',
    file: 'src/store/migrations/0001-initial.ts',
    find: 'CREATE TRIGGER scores_are_final BEFORE UPDATE ON scores\nBEGIN',
    replace: 'CREATE TRIGGER scores_are_final BEFORE UPDATE ON scores WHEN 0\nBEGIN',
    caughtBy: { test: ledgerTest, title: 'never changes or deletes what was accepted' },
  },
  {
    name: 'a trial that was accepted gets no link',
    file: 'src/store/trials.ts',
    find: "  addLink(db, sweep, 'trial', trial);\n",
    replace: '',
    caughtBy: { test: chainTest, title: 'finds every accepted row linked' },
  },
  {
    name: 'readers take a ledger with any schema',
    file: 'src/store/ledger.ts',
    find: '      requireOwnSchema(db, path, version);\n      rememberStatements(db);',
    replace: '      rememberStatements(db);',
    caughtBy: { test: 'src/store/own-schema.test.ts', title: 'is broken where a column' },
  },
  {
    name: 'the digest of a trial leaves its fitness out',
    file: 'src/store/chain.ts',
    find: 'params, vector, input, fitness, node,',
    replace: 'params, vector, input, node,',
    caughtBy: { test: chainTest, title: 'names the row after UPDATE trials SET fitness' },
  },
  {
    name: 'the same request is carried out twice',
    file: 'activities/tell-ask.ts',
    find: 'insertReply(db, key, done.reply);',
    replace: '',
    caughtBy: { test: coordinatorTest, title: 'answers the same request with the same reply' },
  },
  {
    name: 'a second end of a trial counts as well',
    file: 'activities/accept-outcome.ts',
    find: "if (trial.state !== 'proposed') {",
    replace: "if (trial.state === 'cancelled') {",
    caughtBy: { test: coordinatorTest, title: 'tells an outcome that is delivered twice once' },
  },
  {
    name: 'a failure of a machine is told as one of the candidate',
    file: 'src/errors.ts',
    find: "const infrastructure = { owner: 'infrastructure',",
    replace: "const infrastructure = { owner: 'candidate',",
    caughtBy: { test: coordinatorTest, title: 'never takes a failure for a score' },
  },
  {
    name: 'one trial too many is proposed',
    file: 'activities/hand-out.ts',
    find: "countTrials(db, sweep, 'search') >= readBudget(db, sweep) ||",
    replace: "countTrials(db, sweep, 'search') > readBudget(db, sweep) ||",
    caughtBy: {
      test: coordinatorTest,
      title: 'hands out baselines first, then exactly max_trials',
    },
  },
  {
    name: 'the optimizer is kept although its transaction failed',
    file: 'activities/tell-ask.ts',
    find: '    sessions.drop(sweep);\n    throw error;',
    replace: '    throw error;',
    caughtBy: { test: tellAskTest, title: 'a full disk is told as such' },
  },
  {
    name: 'the clock is in the optimizer',
    file: 'src/samplers/cma-es.ts',
    find: '    seed,\n    start,',
    replace: '    seed: (seed + Math.trunc(performance.now() * 1000)) % 2147483647,\n    start,',
    caughtBy: {
      test: tellAskTest,
      title: 'is folded from its events where the stored state is gone',
    },
  },
  {
    name: 'the optimizer goes on although its events make another one',
    file: 'activities/load-sampler.ts',
    find: '  if (!isSame && !isOtherEngine) refuseOtherState(sweep, stored, got);\n',
    replace: '',
    caughtBy: { test: 'activities/load-sampler.test.ts', title: 'is made anew from its events' },
  },
  {
    name: 'the scheduler tells an outcome twice',
    file: 'workflows/scheduler.ts',
    find: 'untold: state.untold.slice(maxOutcomesPerTell),',
    replace: 'untold: state.untold,',
    caughtBy: { test: schedulerTest, title: 'ignores a second outcome of a trial' },
  },
  {
    name: 'the scheduler hands out beyond what is free',
    file: 'workflows/scheduler.ts',
    find: 'Math.max(0, state.capacity - inFlight.length)',
    replace: 'Math.max(0, state.capacity)',
    caughtBy: { test: schedulerTest, title: 'asks for more when nodes come, and for none beyond' },
  },
  {
    name: 'who ignores TERM is never killed',
    file: 'src/external/group-killer.ts',
    find: "signalGroup(this.groupId, 'SIGKILL');",
    replace: '',
    caughtBy: { test: processTest, title: 'who ignores TERM is killed after the grace' },
  },
  {
    name: 'a program gets all of our environment',
    file: 'src/external/supervised-process.ts',
    find: 'env: order.env,',
    replace: 'env: { ...process.env, ...order.env },',
    caughtBy: { test: processTest, title: 'only the given environment reaches the program' },
  },
  {
    name: 'secrets reach the log',
    file: 'src/external/secrets.ts',
    find: "return (text) => text.replaceAll(secret, '[secret]');",
    replace: 'return (text) => (secret.lastIndex < 0 ? secret.source : text);',
    caughtBy: {
      test: processTest,
      title: 'a secret of the environment is in neither log nor tail',
    },
  },
  {
    name: 'exit 0 is taken for success',
    file: 'src/external/run-tool.ts',
    find: 'if (result.exitCode !== 0 || result.timedOut || result.stalled) {',
    replace: 'if (result.timedOut || result.stalled) {',
    caughtBy: {
      test: 'activities/run-trial-failures.test.ts',
      title: 'lm_eval with the fault exit',
    },
  },
  {
    name: 'a score that is no number is read as one',
    file: 'src/evaluation/results.ts',
    find: "const isNumber = typeof value === 'number' && Number.isFinite(value);\n  if (!isNumber || value < min",
    replace:
      'const isNumber = Number.isFinite(Number(value));\n  if (!isNumber || Number(value) < min',
    caughtBy: { test: resultsTest, title: 'no bad value of a metric is accepted' },
  },
  {
    name: 'a NaN is taken for a score',
    file: 'src/scoring/fitness.ts',
    find: 'Math.abs(value) <= largestScore',
    replace: '!(Math.abs(value) > largestScore)',
    caughtBy: {
      test: 'src/scoring/fitness.test.ts',
      title: 'refuses everything that is not a finite',
    },
  },
  {
    name: 'results of other inputs are taken for these',
    file: 'src/external/work-folder.ts',
    find: 'const isKnown = known?.hash === hash;',
    replace: 'const isKnown = known !== undefined;',
    caughtBy: {
      test: runTrialTest,
      title: 'a parent that changed on disk makes the stored result',
    },
  },
  {
    name: 'a checkpoint counts as whole without its bytes',
    file: 'src/external/work-folder.ts',
    find: 'return bytes === manifest.bytes ? manifest : undefined;',
    replace: 'return manifest;',
    caughtBy: { test: runTrialTest, title: 'a checkpoint without its marker, or with other bytes' },
  },
  {
    name: 'a file is renamed into place before its bytes are on the disk',
    file: 'src/external/atomic-file.ts',
    find: '      await file.sync();\n',
    replace: '',
    caughtBy: { program: 'powercut', args: ['--cuts', '150', '--seed', '1'] },
  },
  {
    name: 'a slot is given back twice',
    file: 'activities/slots.ts',
    find: '      } finally {\n        release(slot);\n      }',
    replace: '      } finally {\n        release(slot);\n        release(slot);\n      }',
    caughtBy: { test: 'activities/slots.test.ts', title: 'work that has ended frees one slot' },
  },
  {
    name: 'a clean end hides that an unclean one was never looked at',
    file: 'src/store/ledger.ts',
    find: 'if (isKnownWhole) releaseClaim',
    replace: 'releaseClaim',
    caughtBy: {
      test: 'src/store/claim.test.ts',
      title: 'learns that one before died, until one has looked at all of it',
    },
  },
  {
    name: 'an order of the user is carried out again when it is repeated',
    file: 'activities/steer.ts',
    find: '        findMessage(db, sweep, requestId) ??\n',
    replace: '',
    caughtBy: { test: 'activities/steer.test.ts', title: 'is carried out once' },
  },
  {
    name: 'a sweep file of any size is read',
    file: 'src/spec/yaml-limits.ts',
    find: 'bytes: 256 * 1024,',
    replace: 'bytes: 256 * 1024 * 1024,',
    caughtBy: {
      test: 'src/spec/parse-sweep-spec.test.ts',
      title: 'files that would cost time or memory',
    },
  },
];
