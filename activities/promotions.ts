import { TrialFailedError } from '../src/errors.js';
import {
  combineReports,
  isMeanOfDocuments,
  restrictReport,
} from '../src/evaluation/combine-reports.js';
import { selectDocuments, type DocumentShare } from '../src/evaluation/document-share.js';
import type {
  DocumentValues,
  EvalReport,
  PackedEvalReport,
} from '../src/evaluation/eval-report.js';
import { packReport, unpackDocuments, unpackReport } from '../src/external/packed-report.js';
import { compareMeans } from '../src/report/mean-difference.js';
import { comparePaired } from '../src/report/paired.js';
import { computeFitness } from '../src/scoring/fitness.js';
import { isHopeless, isInBestThird, originOf } from '../src/scoring/promotion.js';
import { selectBest } from '../src/scoring/select-best.js';
import { resolveFidelity, type Fidelity } from '../src/spec/fidelity.js';
import { getTrial, listDocuments, listScores } from '../src/store/reader.js';
import type { TrialRow } from '../src/store/rows.js';
import { listScored } from '../src/store/scores.js';
import { listStandings, type Standing } from '../src/store/standings.js';
import type { CheckpointHolder, RunTrialResult, TrialId } from './contracts.js';
import { propose } from './propose.js';
import type { Turn } from './turn.js';

/**
 * The documents of the first rung, once a baseline was scored on all of them and so told how many
 * there are; `wait` before that. Undefined where trials are scored on all documents.
 */
export function findFirstRung(turn: Turn): DocumentShare | 'wait' | undefined {
  const fidelity = resolveFidelity(turn.spec.file);
  if (fidelity === undefined) return undefined;
  const counts = findCounts(turn);
  if (counts === undefined) return 'wait';
  return shareOf(fidelity, 1, counts, false);
}

function shareOf(
  { rungs, seed }: Fidelity,
  rung: number,
  counts: DocumentShare['counts'],
  isExtension: boolean,
): DocumentShare {
  return { seed, rungs, rung, isExtension, counts };
}

function findCounts({ db, sweep }: Turn): DocumentShare['counts'] | undefined {
  for (const { trial, kind, state } of listStandings(db, sweep)) {
    if (kind !== 'baseline' || state !== 'complete') continue;
    const counts = getTrial(db, sweep, trial)?.leafCounts;
    if (counts !== undefined && Object.keys(counts).length > 0) return counts;
  }
  return undefined;
}

/** Proposes the promotion of a trial that has just ended, where it is in the best third of its rung. */
export function considerPromotion(turn: Turn, trial: TrialId): void {
  const fidelity = resolveFidelity(turn.spec.file);
  const row = getTrial(turn.db, turn.sweep, trial);
  if (fidelity === undefined || row?.rung === undefined || row.state !== 'complete') return;
  const rung = ended(turn, listStandings(turn.db, turn.sweep), row.rung);
  const until = rung.findIndex((standing) => standing.trial === trial) + 1;
  const window = rung.slice(0, until).slice(-fidelity.window);
  if (!isInBestThird(window.map(({ fitness }) => fitness ?? -Infinity))) return;
  if (isFarBelowBest(turn, row)) return;
  promote(turn, fidelity, row, holderOf(row));
}

/** A merge that is on disk stays there until the promotion has ended (release-orders.ts). */
function holderOf({ node, checkpointSha256, input }: TrialRow): CheckpointHolder | undefined {
  if (node === undefined || checkpointSha256 === undefined) return undefined;
  return { node, workKey: input.workKey };
}

/**
 * Once nothing else is to come: the best of each rung goes up in any case, and while no candidate was
 * scored on all documents (promotions fail like any trial) the next best does.
 */
export function promoteLeaders(turn: Turn): void {
  const fidelity = resolveFidelity(turn.spec.file);
  if (fidelity === undefined) return;
  const standings = listStandings(turn.db, turn.sweep);
  const isPromoted = ({ trial }: Standing): boolean =>
    standings.some(({ promotes }) => promotes === trial);
  const hasBest = selectBest(standings) !== undefined;
  for (let rung = fidelity.rungs.length - 1; rung >= 1; rung--) {
    const ranked = ended(turn, standings, rung).sort(
      (a, b) => (b.fitness ?? -Infinity) - (a.fitness ?? -Infinity),
    );
    const next = hasBest ? ranked.slice(0, 1) : ranked;
    const leader = next.find((standing) => !isPromoted(standing));
    const row = leader === undefined ? undefined : getTrial(turn.db, turn.sweep, leader.trial);
    if (row !== undefined) {
      promote(turn, fidelity, row);
      return;
    }
  }
}

/** Complete trials of a rung, in the order in which they ended. */
function ended({ db, sweep }: Turn, standings: readonly Standing[], rung: number): Standing[] {
  const ofRung = new Map(
    standings
      .filter((standing) => standing.rung === rung && standing.state === 'complete')
      .map((standing) => [standing.trial, standing]),
  );
  // Not by their times: a clock that is set back would judge a trial by other ones.
  return listScored(db, sweep).flatMap((trial) => ofRung.get(trial) ?? []);
}

function promote(turn: Turn, fidelity: Fidelity, row: TrialRow, holder?: CheckpointHolder): void {
  const counts = row.input.evaluation.documents?.counts;
  if (row.rung === undefined || counts === undefined) return;
  const rung = row.rung + 1;
  const isFull = rung === fidelity.rungs.length;
  // A perplexity of a part says nothing about the whole: it is scored anew. On few documents it may look
  // like a mean, of one it is one: the baselines, on all of them, tell.
  const isExtension = isMeanOfDocuments(readReport(turn, row)) && isMeanInBaselines(turn);
  propose(turn, {
    trial: `${originOf(row.trial)}r${rung}`,
    kind: 'promotion',
    promotes: row.trial,
    ...(isFull ? {} : { rung }),
    ...(isFull && !isExtension ? {} : { documents: shareOf(fidelity, rung, counts, isExtension) }),
    ...(row.params !== undefined && { params: row.params }),
    ...(row.vector !== undefined && { vector: row.vector }),
    ...(holder !== undefined && { holder }),
  });
}

function isMeanInBaselines(turn: Turn): boolean {
  return listStandings(turn.db, turn.sweep)
    .filter(({ kind, state }) => kind === 'baseline' && state === 'complete')
    .flatMap(({ trial }) => getTrial(turn.db, turn.sweep, trial) ?? [])
    .every((baseline) => isMeanOfDocuments(readReport(turn, baseline)));
}

/**
 * The report of a promotion with what its trial was scored on before; any other as it is.
 *
 * @throws TrialFailedError `truncated_results` where the two can't be joined
 */
export function completeReport(
  turn: Turn,
  { promotes, input }: TrialRow,
  { report, attempt }: RunTrialResult,
): PackedEvalReport {
  if (promotes === undefined || input.evaluation.documents?.isExtension !== true) return report;
  const before = getTrial(turn.db, turn.sweep, promotes);
  if (before === undefined) throw new Error(`trial ${promotes} is gone`);
  try {
    return packReport(combineReports(readReport(turn, before), unpackReport(report)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const reason = `its scores can't be joined with those of trial ${promotes}: ${why}`;
    throw new TrialFailedError({ class: 'truncated_results', reason, stage: 'collect', attempt });
  }
}

/**
 * What a trial on all documents has on those of the first rung, so that the optimizer hears of
 * nothing else; undefined where it can't be told from the per-document values.
 */
export function reportOnFirstRung(turn: Turn, trial: TrialRow): EvalReport | undefined {
  const share = findFirstRung(turn);
  if (share === undefined || share === 'wait') return undefined;
  return restrict(turn, trial, share);
}

/** Whether the best so far is clearly better on the very documents that the trial was scored on. */
function isFarBelowBest(turn: Turn, row: TrialRow): boolean {
  const best = selectBest(listStandings(turn.db, turn.sweep));
  const bestRow = best === undefined ? undefined : getTrial(turn.db, turn.sweep, best.trial);
  const share = row.input.evaluation.documents;
  if (bestRow === undefined || share === undefined) return false;
  const own = readReport(turn, row);
  const other = restrict(turn, bestRow, { ...share, isExtension: false });
  if (other === undefined || row.fitness === undefined) return false;
  const { tasks } = row.input.evaluation;
  const paired = tasks.map((planned) => {
    const [a, b] = [other, own].map(({ documents }) =>
      documents.find((each) => each.task === planned.name && each.metric === planned.metric),
    );
    if (a === undefined || b?.values.length !== a.values.length)
      return { planned, paired: undefined };
    return { planned, paired: comparePaired(a.values, b.values) };
  });
  const otherFitness = computeFitness(other, row.input.evaluation).fitness;
  const { difference, stderr } = compareMeans(paired, row.fitness - otherFitness);
  return isHopeless(difference, stderr);
}

function restrict(turn: Turn, trial: TrialRow, share: DocumentShare): EvalReport | undefined {
  const selected = selectDocuments(share);
  const report = readReport(turn, trial);
  const isGrouped = (task: string): boolean => !(task in selected);
  // A group's documents are numbered through its subtasks, which only the node knows in order.
  if (report.documents.some(({ task }) => isGrouped(task))) return undefined;
  return restrictReport(report, ({ task }: DocumentValues) => {
    const ids = new Set(selected[task]);
    return (id) => ids.has(id);
  });
}

function readReport({ db, sweep }: Turn, { trial, input }: TrialRow): EvalReport {
  return {
    split: input.evaluation.split,
    scores: listScores(db, sweep, trial).map(({ trial: _, split: __, ...score }) => score),
    documents: listDocuments(db, sweep, trial).map(({ trial: _, split: __, ...row }) =>
      unpackDocuments(row),
    ),
    taskHashes: {},
    taskVersions: {},
  };
}
