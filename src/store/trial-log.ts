import { appendFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { makeFolder } from './durable-folder.js';
import type { ScoreRow, TrialRow } from './rows.js';
import { writeFileAtomically } from './write-file.js';

/**
 * `results/<sweep>/trials.jsonl`: one line per ended trial, for people with jq and pandas. The
 * ledger is the truth; this file may be lost, or hold a trial twice, and is written anew whenever
 * the sweep is opened.
 */
export function trialLogPath(resultsDir: string, sweep: string): string {
  return join(resultsDir, sweep, 'trials.jsonl');
}

export function appendTrialLines(path: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  makeFolder(dirname(path));
  appendFileSync(path, lines.map((line) => `${line}\n`).join(''), { mode: 0o600 });
}

export function rewriteTrialLog(path: string, lines: readonly string[]): void {
  writeFileAtomically(path, lines.map((line) => `${line}\n`).join(''));
}

/** One line, without the line's end. */
export function renderTrialLine(trial: TrialRow, scores: readonly ScoreRow[]): string {
  return JSON.stringify({
    trial: trial.trial,
    kind: trial.kind,
    label: trial.label,
    confirms: trial.confirms,
    state: trial.state,
    fitness: trial.fitness,
    scores: scores.map(({ task, metric, value, stderr, documents }) => ({
      task,
      metric,
      value,
      stderr,
      documents,
    })),
    params: trial.params,
    failure: trial.failure,
    node: trial.node,
    attempt: trial.attempt,
    mergeSeconds: trial.mergeSeconds,
    evaluateSeconds: trial.evaluateSeconds,
    checkpointSha256: trial.checkpointSha256,
    deviceClass: trial.deviceClass,
    endedAt: trial.endedAt,
  });
}
