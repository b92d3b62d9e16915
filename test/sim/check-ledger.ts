/** What must be true of a ledger, whatever happened before. */
import type Database from 'better-sqlite3';
import type { RunTrialInput, SteerOrder } from '../../activities/contracts.js';
import { failureOwner } from '../../src/errors.js';
import { foldEvents, createSampler } from '../../src/samplers/create-sampler.js';
import type { OptimizerEvent } from '../../src/samplers/sampler.js';
import { createSearchSpace } from '../../src/space/search-space.js';
import { parseSweepSpec } from '../../src/spec/parse-sweep-spec.js';
import type { Ledger } from '../../src/store/ledger.js';
import { listJournal } from '../../src/store/journal.js';
import { listEvents } from '../../src/store/optimizer-log.js';
import { sha256 } from '../../src/store/sha256.js';
import type { JournalEntry, TrialRow } from '../../src/store/rows.js';
import type { CheckedScores } from './checked-scores.js';
import { evaluate } from './made-up-evaluation.js';

export interface LedgerExpectations {
  readonly sweep: string;
  readonly maxTrials: number;
  readonly isDone: boolean;
  readonly scores: CheckedScores;
  /** Of the user, that were said to be carried out, by request id. */
  readonly orders: ReadonlyMap<string, SteerOrder>;
  /** Whether nodes may have scored a trial otherwise than the landscape says. */
  readonly isNoisy: boolean;
  readonly violate: (kind: string, text: string) => void;
}

export function checkLedger(ledger: Ledger, expected: LedgerExpectations): void {
  const { sweep, scores } = expected;
  const trials = ledger.listTrials(sweep);
  const journal = ledger.transact((db) => listJournal(db, sweep));
  scores.compare(ledger, sweep);
  checkOrders(journal, expected);
  checkBudget(trials, journal, expected);
  checkScores(ledger, trials, expected);
  const events = ledger.transact((db) => {
    checkSequences(db, expected);
    return listEvents(db, sweep);
  });
  const isRetried = journal.some(({ kind }) => kind === 'retry');
  checkEvents(trials, events, { ...expected, isRetried });
  checkFold(ledger, trials, events, expected);
}

/** An order that was said to be carried out was, and once. */
function checkOrders(
  journal: readonly JournalEntry[],
  { orders, violate }: LedgerExpectations,
): void {
  for (const [requestId, { kind }] of orders) {
    const entries = journal.filter((entry) => entry.requestId === requestId);
    if (entries.length !== 1 || entries[0]?.kind !== kind) {
      violate('I3', `the order ${requestId} (${kind}) is in the journal ${entries.length} times`);
    }
  }
}

/** I3 */
function checkBudget(
  trials: readonly TrialRow[],
  journal: readonly JournalEntry[],
  expected: LedgerExpectations,
): void {
  const { isDone, violate } = expected;
  // An order of which nobody heard may have been carried out or not: the journal knows.
  const maxTrials = journal
    .filter(({ kind }) => kind === 'extend')
    .reduce((sum, { detail }) => sum + Number(detail['trials']), expected.maxTrials);
  const search = trials.filter(({ kind }) => kind === 'search');
  search.forEach(({ trial }, index) => {
    if (trial !== String(index + 1)) violate('I3', `search trial ${index + 1} is called ${trial}`);
  });
  if (search.length > maxTrials) violate('I3', `${search.length} search trials of ${maxTrials}`);
  if (!isDone) return;
  if (search.length < maxTrials) violate('I3', `finished with ${search.length} of ${maxTrials}`);
  for (const { trial, state } of trials) {
    if (state !== 'complete' && state !== 'failed') {
      violate('I3', `the sweep is finished and trial ${trial} is ${state}`);
    }
  }
}

/** I2 */
function checkScores(
  ledger: Ledger,
  trials: readonly TrialRow[],
  { sweep, isNoisy, scores, violate }: LedgerExpectations,
): void {
  for (const { trial, state, input, fitness } of trials) {
    const rows = ledger.listScores(sweep, trial);
    if (state !== 'complete') {
      if (rows.length > 0) violate('I2', `trial ${trial} is ${state} and has scores`);
      continue;
    }
    const { tasks } = input.evaluation;
    const names = new Set(rows.map(({ task, metric }) => `${task} ${metric}`));
    if (rows.length !== tasks.length || names.size !== tasks.length) {
      violate('I2', `trial ${trial} has ${rows.length} scores of ${tasks.length} tasks`);
    }
    const total = tasks.reduce((sum, { weight }) => sum + weight, 0);
    const mean = tasks.reduce((sum, { name, direction, weight }) => {
      const value = rows.find(({ task }) => task === name)?.value ?? Number.NaN;
      return sum + (weight / total) * (direction === 'minimize' ? -value : value);
    }, 0);
    if (!(Math.abs(mean - (fitness ?? Number.NaN)) < 1e-9)) {
      violate('I2', `trial ${trial} has the fitness ${fitness}, its scores say ${mean}`);
    }
    const got = JSON.stringify(rows.map(({ value }) => value));
    const truth = JSON.stringify(evaluate(whole(input)).scores.map(({ value }) => value));
    const isSent = scores.wasSent(trial, rows);
    if (
      got !== truth &&
      !(isNoisy && (isSent || input.evaluation.documents?.isExtension === true))
    ) {
      violate('I2', `trial ${trial} scored ${got}, the landscape says ${truth}`);
    }
  }
}

/** A promotion's accepted scores are of all documents of its rung. */
function whole(input: RunTrialInput): RunTrialInput {
  const { documents } = input.evaluation;
  if (documents === undefined) return input;
  return {
    ...input,
    evaluation: { ...input.evaluation, documents: { ...documents, isExtension: false } },
  };
}

function checkSequences(db: Database.Database, { sweep, violate }: LedgerExpectations): void {
  const tables = [
    ['optimizer_events', 'sequence', 'sweep'],
    ['trials', 'ordinal', 'sweep'],
  ] as const;
  for (const [table, column, key] of tables) {
    const row = db
      .prepare(
        `SELECT count(*) AS count, max(${column}) AS last, min(${column}) AS first,
           count(DISTINCT ${column}) AS different FROM ${table} WHERE ${key} = ?`,
      )
      .get(sweep) as { count: number; last: number; first: number; different: number };
    if (
      row.count > 0 &&
      (row.last !== row.count || row.first !== 1 || row.different !== row.count)
    ) {
      violate('log', `${table} has a gap: ${JSON.stringify(row)}`);
    }
  }
  const broken = db.prepare('PRAGMA foreign_key_check').all();
  if (broken.length > 0) violate('log', `foreign keys are broken: ${JSON.stringify(broken)}`);
}

/** One life of a trial: asked for once, ended once. */
function checkEvents(
  trials: readonly TrialRow[],
  events: readonly OptimizerEvent[],
  { violate, isRetried }: LedgerExpectations & { readonly isRetried: boolean },
): void {
  const kinds = new Map<string, string[]>();
  for (const { kind, trial } of events) kinds.set(trial, [...(kinds.get(trial) ?? []), kind]);
  for (const row of trials) {
    if (row.kind !== 'search') continue;
    const expected = isRetried ? livesOf(row) : ['ask', ...endOf(row)].join(' ');
    const got = (kinds.get(row.trial) ?? []).join(' ');
    if (!new RegExp(`^${expected}$`).test(got)) {
      violate(
        'I4',
        `trial ${row.trial} is ${row.state}: expected the events ${expected}, got ${got}`,
      );
    }
  }
}

/** Who was retried after the optimizer had closed it comes back as a point that nobody asked for. */
function livesOf({ state }: TrialRow): string {
  if (state === 'complete') return 'ask (tell|(fail|forget) foreign)';
  return 'ask( fail| forget)?';
}

function endOf({ state, failure }: TrialRow): readonly string[] {
  if (state === 'complete') return ['tell'];
  if (state !== 'failed' || failure === undefined) return [];
  const owner = failureOwner(failure.class);
  if (owner === 'sweep') return [];
  return [owner === 'candidate' ? 'fail' : 'forget'];
}

/** I4: the optimizer is a fold over the events, and proposed what that fold proposes. */
function checkFold(
  ledger: Ledger,
  trials: readonly TrialRow[],
  events: readonly OptimizerEvent[],
  { sweep, violate }: LedgerExpectations,
): void {
  const row = ledger.getSweep(sweep);
  if (row === undefined) return;
  const parsed = parseSweepSpec(row.specText, row.specPath);
  if (!parsed.ok) throw new Error('the sweep file was valid before');
  const space = createSearchSpace(parsed.spec);
  const sampler = createSampler(parsed.spec, space);
  const vectors = new Map(trials.map(({ trial, vector }) => [trial, JSON.stringify(vector)]));
  for (const event of events) {
    const candidate = sampler.apply(event);
    if (event.kind !== 'ask') continue;
    const [got, folded] = [vectors.get(event.trial), JSON.stringify(candidate?.vector)];
    if (got !== folded) {
      violate('I4', `trial ${event.trial} was proposed as ${got}, the fold says ${folded}`);
      return;
    }
  }
  const snapshots = ledger.transact((db) =>
    db
      .prepare('SELECT sequence, sha256 FROM snapshots WHERE sweep = ? ORDER BY sequence')
      .all(sweep),
  ) as { sequence: number; sha256: string }[];
  const last = snapshots.at(-1);
  if (last?.sequence !== (events.length > 0 ? events.length : undefined)) {
    violate('I4', `the last snapshot is of event ${last?.sequence} of ${events.length}`);
  } else if (last !== undefined && last.sha256 !== sha256(JSON.stringify(sampler.toJSON()))) {
    violate('I4', 'the optimizer is not what the fold over its events is');
  }
  const middle = snapshots[Math.floor(snapshots.length / 2)];
  if (middle === undefined) return;
  const half = foldEvents(parsed.spec, space, events.slice(0, middle.sequence));
  if (middle.sha256 !== sha256(JSON.stringify(half.toJSON()))) {
    violate('I4', `the optimizer after event ${middle.sequence} was not what the fold is`);
  }
}
