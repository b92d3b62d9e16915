/** One sweep on the demo's problem, and what its evaluations cost. */
import { readFileSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseDocument } from 'yaml';
import { createCoordinatorActivities } from '../../activities/coordinator.js';
import { countDocuments } from '../../src/evaluation/document-share.js';
import { selectBest } from '../../src/scoring/select-best.js';
import { openLedger } from '../../src/store/ledger.js';
import type { LedgerReader, TrialRow } from '../../src/store/rows.js';
import type { LocalNode } from '../../src/worker/local-node.js';
import { sweepFile } from '../demo-problem.js';
import { driveSweep } from './drive-sweep.js';

/** `full`: `fidelity.strategy: off`. */
export const arms = ['full', 'rank-then-confirm', 'race'] as const;
export type Arm = (typeof arms)[number];

export interface FidelitySweep {
  readonly arm: Arm;
  readonly seed: number;
  /** Of the search. */
  readonly trials: number;
  /** Those that failed, promotions included. */
  readonly failed: number;
  readonly promotions: number;
  /** Scored by search trials and their promotions. */
  readonly documents: number;
  /** Of the same trials, added up; two run at once. */
  readonly evaluateSeconds: number;
  readonly mergeSeconds: number;
  /** From the start of the first search trial to the end of the last one or its promotion. */
  readonly wallSeconds: number;
  readonly bestTrial: string;
  /** Fitness of the best on all documents of the search split. */
  readonly searchBest: number;
  /** … of the confirm split. */
  readonly confirm: number;
}

export interface FidelityOrder {
  readonly arm: Arm;
  readonly seed: number;
  readonly trials: number;
  /** Its ledger and results; what an aborted run has left there goes. */
  readonly folder: string;
  readonly node: LocalNode;
  /** Of the node. */
  readonly workRoot: string;
}

/** @throws when the sweep ends without a best that is confirmed */
export async function runFidelitySweep(order: FidelityOrder): Promise<FidelitySweep> {
  const { arm, seed, trials, folder, node } = order;
  rmSync(folder, { recursive: true, force: true });
  const ledger = openLedger(folder, { mode: 'write' });
  const sweep = 'fidelity';
  let from = Number.NaN;
  let to = Number.NaN;
  try {
    const end = await driveSweep({
      coordinator: createCoordinatorActivities({
        ledger,
        resultsDir: folder,
        clock: { now: () => new Date() },
        warn: console.warn,
      }),
      node: node.activities,
      open: {
        ...{ ledgerId: ledger.ledgerId, sweep, specPath: sweepFile },
        specText: renderSweep(sweep, order),
      },
      capacity: 2,
      // The best is confirmed first; what the baselines have on the confirm split is not asked here.
      isSkipped: ({ kind, trial }) => kind === 'confirm' && trial !== 'c1',
      onStart: ({ kind }) => {
        if (kind === 'search' && Number.isNaN(from)) from = performance.now();
      },
      onEnd: ({ kind }) => {
        if (kind === 'search' || kind === 'promotion') to = performance.now();
      },
    });
    const rows = ledger.listTrials(sweep);
    const best = selectBest(rows);
    const confirm = rows.find(({ confirms }) => confirms !== undefined && confirms === best?.trial);
    if (best?.fitness === undefined || confirm?.fitness === undefined) {
      throw new Error(`${arm}, seed ${seed}: no confirmed best: ${end.reason ?? '?'}`);
    }
    await dropWork(order, rows);
    const counted = rows.filter(({ kind }) => kind === 'search' || kind === 'promotion');
    return {
      ...{ arm, seed, trials },
      failed: counted.filter(({ state }) => state === 'failed').length,
      promotions: counted.filter(({ kind }) => kind === 'promotion').length,
      documents: sum(counted.map((row) => countScored(ledger, row))),
      evaluateSeconds: sum(counted.map(({ evaluateSeconds = 0 }) => evaluateSeconds)),
      mergeSeconds: sum(counted.map(({ mergeSeconds = 0 }) => mergeSeconds)),
      wallSeconds: (to - from) / 1000,
      bestTrial: best.trial,
      searchBest: best.fitness,
      confirm: confirm.fitness,
    };
  } finally {
    ledger.close();
  }
}

function renderSweep(name: string, { arm, seed, trials }: FidelityOrder): string {
  const document = parseDocument(readFileSync(sweepFile, 'utf8'));
  document.setIn(['name'], name);
  document.setIn(['optimizer', 'max_trials'], trials);
  document.setIn(['optimizer', 'seed'], seed);
  // Not `auto`: a sweep that went on cold would be measured as something else.
  document.setIn(['evaluation', 'mode'], 'warm');
  document.setIn(['evaluation', 'verify_warm'], false);
  document.setIn(['fidelity', 'strategy'], arm === 'full' ? 'off' : arm);
  return document.toString();
}

/**
 * Documents that a trial's own evaluation scored; 0 where it failed. The ledger keeps those of a
 * promotion together with what its trial was scored on before.
 * @throws when that is not what the trial was asked to score
 */
function countScored(ledger: LedgerReader, row: TrialRow): number {
  if (row.state !== 'complete') return 0;
  const share = row.input.evaluation.documents;
  const before = share?.isExtension === true ? row.promotes : undefined;
  const kept = (trial: string): number =>
    sum(ledger.listScores(row.sweep, trial).map(({ documents }) => documents));
  const scored = kept(row.trial) - (before === undefined ? 0 : kept(before));
  if (share !== undefined && scored !== countDocuments(share)) {
    throw new Error(
      `trial ${row.trial}: ${scored} documents, ${countDocuments(share)} were asked for`,
    );
  }
  return scored;
}

/** Thousands of trials leave gigabytes of samples. The base's and the parents' results are used again. */
async function dropWork({ workRoot, folder }: FidelityOrder, rows: readonly TrialRow[]) {
  for (const { input } of rows) {
    if (input.subject.kind === 'model') continue;
    await rm(join(workRoot, input.workKey), { recursive: true, force: true });
  }
  await rm(join(folder, rows[0]?.sweep ?? '', 'trials'), { recursive: true, force: true });
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);
