import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import { complete, sweepText } from '../../activities/coordinator.fixture.js';
import type { CoordinatorActivities } from '../../activities/contracts.js';
import { createCoordinatorActivities } from '../../activities/coordinator.js';
import { openLedger, openLedgerReader } from '../../src/store/ledger.js';
import type { LedgerReader } from '../../src/store/rows.js';
import { acquireWriterLock, isLockHeld } from '../../src/store/writer-lock.js';
import { checkError, describe } from './clear-error.js';
import type { Scenario, Violation } from './scenario.js';

const sweep = 'demo';
/** As often as Temporal tries an activity here, and a user the command. */
const attempts = 3;
const starts = 2;

/** Lock, ledger, and one small sweep from its first baseline to its best config. */
export function createCoordinatorScenario(): Scenario {
  let reference: string | undefined;
  let acknowledged: Set<string>;
  return {
    kinds: [
      'open',
      'write',
      'fsync',
      'rename',
      'unlink',
      'mkdir',
      'ledger-open',
      'ledger-write',
      'ledger-fsync',
      'ledger-truncate',
      'ledger-unlink',
      'ledger-map',
    ],
    start: async (folder) => {
      acknowledged = new Set();
      const found: Violation[] = [];
      for (let start = 0; start < starts; start += 1) {
        try {
          await runProcess(folder, acknowledged);
          break;
        } catch (error) {
          found.push(...checkError(error));
        }
      }
      return found;
    },
    goOn: async (folder) => {
      try {
        const found = checkAcknowledged(folder, acknowledged);
        await runProcess(folder, acknowledged);
        const result = describeResults(folder);
        reference ??= result;
        if (result !== reference)
          found.push({ kind: 'wrong', what: difference(reference, result) });
        return [...found, ...findTorn(folder), ...findLeftovers(folder)];
      } catch (error) {
        return [{ kind: 'stuck', what: describe(error) }];
      }
    },
  };
}

/** What one `mergesweep run` does here, Temporal's retries included. */
async function runProcess(folder: string, acknowledged: Set<string>): Promise<void> {
  const lock = acquireWriterLock(folder);
  if (isLockHeld(lock)) throw new Error('the writer lock is held by nobody');
  try {
    lock.describe({ pid: 1, host: 'here', startedAt: '2026-01-01T00:00:00Z' });
    const ledger = openLedger(folder, { mode: 'write' });
    try {
      const activities = createCoordinatorActivities({
        ledger,
        resultsDir: folder,
        clock: { now: () => new Date('2026-01-01T00:00:00Z') },
      });
      await runSweep(activities, { ledgerId: ledger.ledgerId, sweep }, acknowledged);
    } finally {
      ledger.close();
    }
  } finally {
    lock.release();
  }
}

async function runSweep(
  activities: CoordinatorActivities,
  names: { readonly ledgerId: string; readonly sweep: string },
  acknowledged: Set<string>,
): Promise<void> {
  const specText = sweepText({ maxTrials: 3, hasConfirm: false });
  const opened = await tryOften(() =>
    activities.openSweep({ ...names, specText, specPath: '/sweeps/demo.yaml' }),
  );
  let running = opened.pending;
  for (let requestId = opened.nextRequestId; ; requestId += 1) {
    const outcomes = running.map((trial) => complete(trial));
    const reply = await tryOften(() =>
      activities.tellAsk({ ...names, requestId, outcomes, want: 1 }),
    );
    for (const { trial } of outcomes) acknowledged.add(trial);
    running = reply.trials;
    if (running.length === 0) break;
  }
  await tryOften(() => activities.finishSweep(names));
}

async function tryOften<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const isFinal = error instanceof ApplicationFailure && error.nonRetryable === true;
      if (isFinal || attempt === attempts) throw error;
    }
  }
}

function checkAcknowledged(folder: string, acknowledged: ReadonlySet<string>): Violation[] {
  if (acknowledged.size === 0) return [];
  const ledger = openLedgerReader(folder);
  try {
    return [...acknowledged]
      .filter(
        (trial) =>
          ledger.getTrial(sweep, trial)?.state !== 'complete' ||
          ledger.listScores(sweep, trial).length === 0,
      )
      .map((trial) => ({ kind: 'lost', what: `trial ${trial} was accepted and is not there` }));
  } finally {
    ledger.close();
  }
}

/** All that follows from the search, without what differs by ledger. */
function describeResults(folder: string): string {
  const ledger = openLedgerReader(folder);
  try {
    const text = JSON.stringify([...listRows(ledger), ...readFiles(folder)], undefined, 1);
    return text.replaceAll(ledger.ledgerId, 'LEDGER');
  } finally {
    ledger.close();
  }
}

function listRows(ledger: LedgerReader): unknown[] {
  return ledger
    .listTrials(sweep)
    .map((trial) => ({ ...trial, scores: ledger.listScores(sweep, trial.trial) }));
}

function readFiles(folder: string): unknown[] {
  const lines = readFileSync(join(folder, sweep, 'trials.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  const best = readFileSync(join(folder, sweep, 'best_config.yaml'), 'utf8');
  return [
    { best },
    { trialsLogged: lines.map((line) => (JSON.parse(line) as { trial: string }).trial) },
  ];
}

/** A trial's own file may be missing after a fault; what is there is whole. */
function findTorn(folder: string): Violation[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.json'))
    .flatMap((path): Violation[] => {
      try {
        JSON.parse(readFileSync(join(folder, path), 'utf8'));
        return [];
      } catch {
        return [{ kind: 'wrong', what: `${path} is torn` }];
      }
    });
}

function findLeftovers(folder: string): Violation[] {
  return readdirSync(folder, { recursive: true })
    .map(String)
    .filter((path) => /\.(partial|tmp)$/.test(path) || path === 'writer.json')
    .map((path) => ({ kind: 'leftover', what: path }));
}

function difference(want: string, got: string): string {
  const [wanted, given] = [want.split('\n'), got.split('\n')];
  const at = wanted.findIndex((line, index) => line !== given[index]);
  return `expected ${wanted[at] ?? 'nothing more'}, got ${given[at] ?? 'nothing more'}`;
}
