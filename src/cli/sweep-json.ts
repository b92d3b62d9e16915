/** The JSON of sweeps and trials: the one place where rows become stable field names. */
import { nameTrial, type ScoredModel, type SplitScore } from '../report/scored-model.js';
import type { LiveView } from '../report/live-view.js';
import type { SweepFacts } from '../report/sweep-facts.js';
import type { JournalEntry, TrialRow } from '../store/rows.js';

/** Fields of `ls` and, with more below, of `status`. */
export function sweepToJson({
  sweep,
  counts,
  best,
  bestParent,
  deltaToBestParent,
  finalists,
}: SweepFacts) {
  return {
    name: sweep.name,
    state: sweep.state,
    isHeld: sweep.isHeld,
    reason: sweep.reason,
    searchEnded: sweep.searchEnded,
    trials: { done: counts.search.complete + counts.search.failed, max: sweep.maxTrials },
    counts,
    best: best === undefined ? undefined : bestToJson(best),
    finalists: finalists.length === 0 ? undefined : finalists.map(bestToJson),
    bestParent: bestParent === undefined ? undefined : bestToJson(bestParent),
    deltaToBestParent,
    createdAt: sweep.createdAt,
    finishedAt: sweep.finishedAt,
  };
}

/** Fields of `status` beside the ledger's. */
export function liveToJson({ nodes, running, idle, unreached }: LiveView) {
  return {
    isLive: unreached === undefined,
    notLiveReason: unreached,
    nodes: nodes.map(({ id, state, slots, busy, gpus, ...rest }) => ({
      ...{ id, state, slots, busy, gpus, idleShare: idle.byNode.get(id), ...rest },
    })),
    running,
    idleShare: idle.all,
  };
}

export function journalToJson({ at, kind, requestId, detail }: JournalEntry) {
  const { message, ...rest } = detail;
  return { at, kind, requestId, message, detail: rest };
}

function bestToJson({ trial, name, search, confirm }: ScoredModel) {
  return {
    trial: trial.trial,
    name,
    score: search?.fitness,
    stderr: search?.stderr,
    confirmScore: confirm?.fitness,
    confirmStderr: confirm?.stderr,
    params: trial.params,
  };
}

export function trialToJson(trial: TrialRow, scores?: SplitScore) {
  return {
    sweep: trial.sweep,
    trial: trial.trial,
    name: nameTrial(trial),
    kind: trial.kind,
    label: trial.label,
    confirms: trial.confirms,
    promotes: trial.promotes,
    rung: trial.rung,
    state: trial.state,
    score: trial.fitness,
    params: trial.params,
    scores: scores?.scores.map(({ split, task, metric, value, stderr, documents }) => ({
      split,
      task,
      metric,
      value,
      stderr,
      documents,
    })),
    failure: trial.failure,
    node: trial.node,
    attempt: trial.attempt,
    seconds: { merge: trial.mergeSeconds, evaluate: trial.evaluateSeconds },
    waitSeconds: trial.waitSeconds,
    gpuSeconds: trial.gpuSeconds,
    slot: trial.slot,
    isPrefetched: trial.isPrefetched,
    mode: trial.mode,
    modeReason: trial.modeReason,
    isDivergent: trial.isDivergent,
    proposedAt: trial.proposedAt,
    endedAt: trial.endedAt,
  };
}
