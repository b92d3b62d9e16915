/** What must hold of a results folder when its sweep has ended, whatever happened to it. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createSampler } from '../../src/samplers/create-sampler.js';
import { createSearchSpace } from '../../src/space/search-space.js';
import { parseSweepSpec } from '../../src/spec/parse-sweep-spec.js';
import { describeDamage, verifyChain } from '../../src/store/chain.js';
import { ledgerFileName } from '../../src/store/ledger.js';
import { listEvents } from '../../src/store/optimizer-log.js';
import { sha256 } from '../../src/store/sha256.js';
import { getSweep, listTrials } from '../../src/store/reader.js';
import { trialLogPath } from '../../src/store/trial-log.js';

export const ledgerViolations = [
  'unfinished',
  'unscored',
  'doubled',
  'gap',
  'divergent',
  'state',
  'integrity',
  'chain',
  'files',
] as const;
export interface LedgerViolation {
  readonly kind: (typeof ledgerViolations)[number];
  readonly text: string;
}

export interface ExpectedSweep {
  readonly sweep: string;
  /** Trials of each kind. */
  readonly search: number;
  readonly baseline: number;
  readonly confirm: number;
}

export function checkLedger(resultsDir: string, expected: ExpectedSweep): LedgerViolation[] {
  const db = new Database(join(resultsDir, ledgerFileName), { readonly: true });
  try {
    return [
      ...checkFile(db),
      ...checkTrials(db, expected),
      ...checkEvents(db, expected),
      ...checkState(db, expected.sweep),
      ...checkFiles(db, resultsDir, expected.sweep),
    ];
  } finally {
    db.close();
  }
}

type Connection = Database.Database;

function checkFile(db: Connection): LedgerViolation[] {
  const integrity = String(db.pragma('integrity_check', { simple: true }));
  const orphans = db.pragma('foreign_key_check') as readonly unknown[];
  const { damage } = verifyChain(db);
  return [
    ...(integrity === 'ok' ? [] : [{ kind: 'integrity' as const, text: integrity }]),
    ...(orphans.length === 0
      ? []
      : [{ kind: 'integrity' as const, text: `${orphans.length} rows without their parents` }]),
    ...(damage.length === 0 ? [] : [{ kind: 'chain' as const, text: describeDamage(damage) }]),
  ];
}

function checkTrials(db: Connection, expected: ExpectedSweep): LedgerViolation[] {
  const found: LedgerViolation[] = [];
  const row = getSweep(db, expected.sweep);
  if (row?.state !== 'finished')
    found.push({ kind: 'unfinished', text: `the sweep is ${row?.state ?? 'not there'}` });
  const trials = listTrials(db, expected.sweep);
  for (const kind of ['search', 'baseline', 'confirm'] as const) {
    const count = trials.filter((trial) => trial.kind === kind).length;
    if (count > expected[kind])
      found.push({ kind: 'doubled', text: `${count} trials of kind ${kind}` });
    if (count < expected[kind])
      found.push({ kind: 'unfinished', text: `only ${count} trials of kind ${kind}` });
  }
  const numbers = trials.filter(({ kind }) => kind === 'search').map(({ trial }) => Number(trial));
  if (numbers.some((number, index) => number !== index + 1))
    found.push({ kind: 'gap', text: `search trials are ${numbers.join(' ')}` });
  for (const { trial, state, failure } of trials)
    if (state !== 'complete')
      found.push({
        kind: 'unscored',
        text: `trial ${trial} is ${state}: ${failure?.class ?? ''} ${failure?.reason ?? ''}`,
      });
  const divergences = db.prepare('SELECT trial, outcome FROM divergences').all() as {
    trial: string;
    outcome: string;
  }[];
  for (const { trial, outcome } of divergences)
    found.push({
      kind: 'divergent',
      text: `equal work of trial ${trial} gave something else: ${outcome.slice(0, 300)}`,
    });
  return found;
}

/** Each search trial was proposed once and told once. */
function checkEvents(db: Connection, { sweep, search }: ExpectedSweep): LedgerViolation[] {
  const found: LedgerViolation[] = [];
  const events = db
    .prepare('SELECT sequence, kind, trial FROM optimizer_events WHERE sweep = ? ORDER BY sequence')
    .all(sweep) as { sequence: number; kind: string; trial: string }[];
  events.forEach(({ sequence }, index) => {
    if (sequence !== index + 1)
      found.push({ kind: 'gap', text: `event ${index + 1} has number ${sequence}` });
  });
  for (let trial = 1; trial <= search; trial += 1) {
    const own = events.filter((event) => event.trial === String(trial)).map(({ kind }) => kind);
    if (own.join(' ') !== 'ask tell')
      found.push({
        kind: own.length > 2 ? 'doubled' : 'gap',
        text: `the optimizer heard of trial ${trial}: ${own.join(' ') || 'nothing'}`,
      });
  }
  return found;
}

/** The state after every event that has a snapshot, made anew from the events, is the one that was stored. */
function checkState(db: Connection, sweep: string): LedgerViolation[] {
  const row = getSweep(db, sweep);
  const parsed = row && parseSweepSpec(row.specText, row.specPath);
  if (parsed?.ok !== true) return [{ kind: 'state', text: 'the sweep file can not be read' }];
  const snapshots = new Map(
    (
      db.prepare('SELECT sequence, sha256 FROM snapshots WHERE sweep = ?').all(sweep) as {
        sequence: number;
        sha256: string;
      }[]
    ).map(({ sequence, sha256 }) => [sequence, sha256]),
  );
  const sampler = createSampler(parsed.spec, createSearchSpace(parsed.spec));
  const found: LedgerViolation[] = [];
  const events = listEvents(db, sweep);
  events.forEach((event, index) => {
    sampler.apply(event);
    const stored = snapshots.get(index + 1);
    if (stored === undefined) return;
    const made = sha256(JSON.stringify(sampler.toJSON()));
    if (made !== stored)
      found.push({ kind: 'state', text: `after event ${index + 1}: ${made}, stored ${stored}` });
  });
  if (!snapshots.has(events.length))
    found.push({ kind: 'state', text: `no state is stored after the last event` });
  return found;
}

/** What recovery without the ledger is made from. */
function checkFiles(db: Connection, resultsDir: string, sweep: string): LedgerViolation[] {
  const found: LedgerViolation[] = [];
  const complain = (text: string): void => void found.push({ kind: 'files', text });
  const complete = listTrials(db, sweep).filter(({ state }) => state === 'complete');
  const folder = join(resultsDir, sweep);
  if (!existsSync(join(folder, 'best_config.yaml'))) complain('best_config.yaml is not there');
  for (const { trial } of complete) {
    try {
      JSON.parse(readFileSync(join(folder, 'trials', trial, 'result.json'), 'utf8'));
    } catch (error) {
      complain(`trials/${trial}/result.json: ${String(error)}`);
    }
  }
  const logged = new Set<unknown>();
  for (const line of readFileSync(trialLogPath(resultsDir, sweep), 'utf8').trim().split('\n')) {
    try {
      const { trial, state } = JSON.parse(line) as { trial?: unknown; state?: unknown };
      if (state === 'complete') logged.add(trial);
    } catch {
      complain(`trials.jsonl has a line that is no JSON: ${line.slice(0, 80)}`);
    }
  }
  for (const { trial } of complete)
    if (!logged.has(trial)) complain(`trials.jsonl lacks trial ${trial}`);
  return found;
}
