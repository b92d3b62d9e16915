import { join } from 'node:path';
import { renderBestTrial } from '../src/merge/best-config.js';
import { renderMergekitConfig } from '../src/merge/merge-config.js';
import { rankFinalists, selectBest } from '../src/scoring/select-best.js';
import type { ScoreRow } from '../src/store/rows.js';
import { listStandings } from '../src/store/standings.js';
import {
  appendTrialLines,
  renderTrialLine,
  rewriteTrialLog,
  trialLogPath,
} from '../src/store/trial-log.js';
import { removePartialFiles, writeFileAtomically } from '../src/store/write-file.js';
import type { RunTrialResult, TrialId } from './contracts.js';
import type { CoordinatorDeps } from './coordinator-deps.js';
import type { SweepSession } from './sweep-session.js';

/** What lies beside the ledger in `results/<sweep>/`, for people: nothing here is read back. */

/** `sweep.yaml`, `sweep.lock.json` (what the file came to mean) and `trials.jsonl`. */
export function writeOpeningFiles(deps: CoordinatorDeps, session: SweepSession): void {
  const { spec, space } = session;
  const { ledger, resultsDir, versions = {} } = deps;
  const folder = join(resultsDir, spec.name);
  const row = ledger.getSweep(spec.name);
  if (row !== undefined) writeFileAtomically(join(folder, 'sweep.yaml'), row.specText);
  removePartialFiles(folder);
  const resolved = {
    sweep: spec.name,
    ledger: ledger.ledgerId,
    specHash: spec.hash,
    specPath: row?.specPath,
    versions,
    base: spec.base,
    parents: spec.parents,
    mergeSeed: spec.mergeSeed,
    dimensions: space.dimensions,
    spec: spec.file,
  };
  writeFileAtomically(
    join(folder, 'sweep.lock.json'),
    `${JSON.stringify(resolved, undefined, 2)}\n`,
  );
  keepTrialLog(deps, session, []);
}

/**
 * Adds trials that have just ended to `trials.jsonl`; writes it anew where a former process, or a disk
 * that was full, may have left some out.
 */
export function keepTrialLog(
  deps: CoordinatorDeps,
  session: SweepSession,
  ended: readonly TrialId[],
): void {
  const sweep = session.spec.name;
  const path = trialLogPath(deps.resultsDir, sweep);
  const isLogWhole = session.isLogWhole === true;
  session.isLogWhole = false;
  if (isLogWhole) appendTrialLines(path, trialLines(deps, sweep, ended));
  else {
    rewriteTrialLog(path, allTrialLines(deps, sweep));
  }
  session.isLogWhole = true;
}

/**
 * `trials/<n>/`: the merge config, and what the node returned. A node on this machine puts its
 * samples and logs beside them; those of others stay in their work folders.
 */
export function writeTrialFiles(
  { ledger, resultsDir }: CoordinatorDeps,
  sweep: string,
  { trial, result }: { readonly trial: TrialId; readonly result: RunTrialResult },
): void {
  const folder = join(resultsDir, sweep, 'trials', trial);
  const subject = ledger.getTrial(sweep, trial)?.input.subject;
  if (subject?.kind === 'merge') {
    writeFileAtomically(join(folder, 'merge.yaml'), renderMergekitConfig(subject.recipe));
  }
  writeFileAtomically(join(folder, 'result.json'), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** Writes `best_config.yaml`; returns its trial, or undefined (and writes nothing) while there is none. */
export function writeBestConfig(
  { ledger, resultsDir }: CoordinatorDeps,
  sweep: string,
): TrialId | undefined {
  const standings = ledger.read((db) => listStandings(db, sweep));
  const chosen = selectBest(standings)?.trial;
  const best = chosen === undefined ? undefined : ledger.getTrial(sweep, chosen);
  if (best === undefined) return undefined;
  const confirmation = standings.find(({ confirms }) => confirms === best.trial)?.trial;
  const confirmed = confirmation === undefined ? undefined : ledger.getTrial(sweep, confirmation);
  const scored = [best, ...(confirmed === undefined ? [] : [confirmed])];
  const text = renderBestTrial(
    best,
    scored.flatMap(({ trial }) => ledger.listScores(sweep, trial)),
    best.checkpointFiles ?? confirmed?.checkpointFiles,
    rankFinalists(standings).length,
  );
  if (text === undefined) return undefined;
  writeFileAtomically(join(resultsDir, sweep, 'best_config.yaml'), text);
  return best.trial;
}

/** Runs `write`; a file that can't be written now costs a warning, not the sweep. */
export function tryToWrite(deps: CoordinatorDeps, what: string, write: () => void): void {
  try {
    write();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    deps.warn?.(`${what} was not written (${reason}); the ledger holds all that was scored`);
  }
}

function trialLines({ ledger }: CoordinatorDeps, sweep: string, trials: readonly TrialId[]) {
  return trials.flatMap((id) => {
    const row = ledger.getTrial(sweep, id);
    return row === undefined ? [] : [renderTrialLine(row, ledger.listScores(sweep, id))];
  });
}

function allTrialLines({ ledger }: CoordinatorDeps, sweep: string): string[] {
  const scores = new Map<TrialId, ScoreRow[]>();
  for (const score of ledger.listScores(sweep))
    scores.set(score.trial, [...(scores.get(score.trial) ?? []), score]);
  return ledger
    .listTrials(sweep)
    .filter(({ state }) => state !== 'proposed')
    .map((row) => renderTrialLine(row, scores.get(row.trial) ?? []));
}
