/**
 * A coordinator under the recorder: small sweeps, one after another, with the product's own activities.
 * Half-way the ledger is closed and opened again. After so many transactions it ends by itself: by a clean
 * close, or as by kill -9.
 *
 *     coordinator-child.ts RESULTS MARKS TRANSACTIONS close|kill full|normal
 */
import { openSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';
import { complete, failed, sweepText } from '../../activities/coordinator.fixture.js';
import type { RunTrialInput, TrialOutcome } from '../../activities/contracts.js';
import { createCoordinatorActivities } from '../../activities/coordinator.js';
import { packDocuments } from '../../src/external/packed-report.js';
import { type Ledger, openLedger } from '../../src/store/ledger.js';
import { digestLedger } from './ledger-digest.js';
import { formatMark, type Mark } from './marks.js';

const [resultsDir = '', marksPath = '', transactions = '', end = '', synchronous = ''] =
  process.argv.slice(2);
if (synchronous === 'normal') forgetToSync();
const marks = openSync(marksPath, 'a');
const say = (mark: Mark): void => {
  writeSync(marks, formatMark(mark));
};

let left = 0;
let said = '';
for (const isLast of [false, true]) {
  const ledger = openLedger(resultsDir, { mode: 'write' });
  sayRows(ledger);
  left += Math.ceil(Number(transactions) / 2);
  while (left > 0) await runNextSweep(ledger);
  if (isLast && end === 'kill') process.kill(process.pid, 'SIGKILL');
  ledger.close();
}

async function runNextSweep(ledger: Ledger): Promise<void> {
  const activities = createCoordinatorActivities({
    ledger: counting(ledger),
    resultsDir,
    clock: { now: () => new Date('2026-01-01T00:00:00Z') },
    versions: { mergesweep: '0.0.0' },
    warn: (message) => {
      throw new Error(message);
    },
  });
  const done = ledger.listSweeps().filter(({ state }) => state === 'finished').length;
  const sweep = `demo-${done + 1}`;
  const specText = sweepText({ maxTrials: 10, keepModels: 1 }).replace(
    'name: demo',
    `name: ${sweep}`,
  );
  const names = { ledgerId: ledger.ledgerId, sweep };
  const opened = await activities.openSweep({ ...names, specText, specPath: '/sweeps/demo.yaml' });
  say({ kind: 'files' });
  let requestId = opened.nextRequestId;
  let running = [...opened.pending];
  for (;;) {
    const want = 1 + (requestId % 2);
    const outcomes = running.map(endOf);
    const reply = await activities.tellAsk({ ...names, requestId, outcomes, want });
    say({ kind: 'files' });
    if (left <= 0) return;
    requestId += 1;
    running = [...reply.trials];
    if (running.length === 0) break;
  }
  await activities.finishSweep(names);
  say({ kind: 'files' });
}

/** Most are scored; every seventh fails for a reason of the candidate's. */
function endOf(trial: RunTrialInput): TrialOutcome {
  if (Number(trial.trial) % 7 === 0) return failed(trial, 'bad_score');
  const outcome = complete(trial);
  if (outcome.status !== 'complete') return outcome;
  const { report } = outcome.result;
  const documents = report.scores.map(({ task, metric, documents: count }) =>
    packDocuments({
      ...{ task, metric, documentsHash: 'ab'.repeat(32) },
      documentIds: Array.from({ length: count }, (_, id) => id),
      values: Array.from({ length: count }, (_, id) => (id + trial.trial.length) % 2),
    }),
  );
  return { ...outcome, result: { ...outcome.result, report: { ...report, documents } } };
}

function counting(inner: Ledger): Ledger {
  return {
    ...inner,
    transact: (work) => {
      const result = inner.transact(work);
      left -= 1;
      sayRows(inner);
      return result;
    },
  };
}

function sayRows(inner: Ledger): void {
  const digest = inner.transact(digestLedger);
  if (digest !== said) say({ kind: 'rows', digest });
  said = digest;
}

/** The planted fault: what better-sqlite3 does by itself when it reopens a WAL file. */
function forgetToSync(): void {
  const prototype = Database.prototype as { pragma: Database.Database['pragma'] };
  const { pragma } = prototype;
  prototype.pragma = function (this: Database.Database, source, options) {
    if (source === 'synchronous = FULL') return pragma.call(this, 'synchronous = NORMAL', options);
    if (source === 'synchronous') return 2;
    return pragma.call(this, source, options);
  };
}
