import { LedgerError } from '../src/errors.js';
import { planEvaluation } from '../src/evaluation/plan-evaluation.js';
import { selectBest } from '../src/scoring/select-best.js';
import { canonicalJson } from '../src/spec/canonical-json.js';
import { bindingText } from '../src/spec/pinned-spec.js';
import type { SweepSpec } from '../src/spec/sweep-spec.js';
import { addToJournal } from '../src/store/journal.js';
import { listEvents } from '../src/store/optimizer-log.js';
import { getSweep, listTrials } from '../src/store/reader.js';
import { pinParents } from '../src/store/sweeps.js';
import { parseOrThrow } from './sweep-session.js';
import { happen, type Turn } from './turn.js';

/**
 * Begins a fork: its optimizer hears of every candidate that the former sweep scored, and tries that one's
 * best first. Where scores would not compare, it begins with nothing.
 *
 * @throws LedgerError `sweep_unknown`
 */
export function inherit(turn: Turn, from: string): void {
  const { db, sweep, spec, at } = turn;
  const row = getSweep(db, from);
  if (row === undefined)
    throw new LedgerError('sweep_unknown', `the ledger holds no sweep ${from} to fork`);
  const obstacle = findObstacle(parseOrThrow(bindingText(row), row.specPath), spec);
  const told = obstacle === undefined ? tellScores(turn, from) : 0;
  // Of other bytes under the same names the scores would not compare: nodes look.
  if (told > 0 && row.parents !== undefined) pinParents(db, sweep, row.parents);
  const detail = { from, told, ...(obstacle !== undefined && { obstacle }) };
  addToJournal(db, sweep, { kind: 'forked', detail, at });
}

function tellScores(turn: Turn, from: string): number {
  const { db, spec } = turn;
  const trials = listTrials(db, from);
  const vectors = new Map(trials.map(({ trial, vector }) => [trial, vector]));
  let told = 0;
  for (const event of listEvents(db, from)) {
    if (event.kind !== 'tell' && event.kind !== 'foreign') continue;
    const { trial, ...outcome } = event;
    // Baselines are scored in every sweep, and told then.
    if (trials.some((known) => known.trial === trial && known.kind === 'baseline')) continue;
    const vector = event.kind === 'foreign' ? event.vector : vectors.get(trial);
    if (vector === undefined) continue;
    // Of a fork of a fork: by the name of the sweep that scored it.
    const name = trial.includes('#') ? trial : `${from}#${trial}`;
    happen(turn, { ...outcome, kind: 'foreign', trial: name, vector });
    told += 1;
  }
  const vector = selectBest(trials)?.vector;
  if (vector !== undefined) {
    const trial = `i${spec.file.optimizer.inject.length + 1}`;
    happen(turn, { kind: 'inject', trial, vector });
  }
  return told;
}

/** Why scores of one sweep's candidates are none of the other's; undefined where they are. */
export function findObstacle(former: SweepSpec, next: SweepSpec): string | undefined {
  const parts: readonly [string, (spec: SweepSpec) => unknown][] = [
    ['genome', genomeOf],
    ['merge', ({ mergeSeed, file }) => ({ ...file.merge, seed: mergeSeed, low_cpu_memory: null })],
    ['evaluation or tasks.search', (spec) => planEvaluation(spec, 'search')],
    ['fidelity', ({ file }) => file.fidelity],
  ];
  const changed = parts.filter(
    ([, read]) => canonicalJson(read(former)) !== canonicalJson(read(next)),
  );
  if (changed.length === 0) return undefined;
  return `${changed.map(([name]) => name).join(' and ')} differ: scores would not compare`;
}

function genomeOf({ file, base, parents }: SweepSpec): unknown {
  return { ...file.genome, base_model: base.model, models: parents };
}
