/** One seed of the naive benchmark: the sides one after another, then what the warm child scores. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SweepSpec } from '../../src/spec/sweep-spec.js';
import { measureEvolve, type EvolveResult } from '../evolve/evolve.js';
import type { Moment } from '../measured-run.js';
import { replayNaive } from './naive-replay.js';
import { measureNaiveScript, type NaiveCost } from './naive-script.js';
import { measureOurs, type OurRun } from './ours.js';
import { proveReplay } from './replay-proof.js';
import { confirmBestSoFar, findReached, type ConfirmedTrial } from './score-reached.js';
import type { ScoredTrial } from './score-reached.js';
import type { SearchCost } from './search-cost.js';
import { WarmScorer } from '../warm-scorer.js';

export interface SeedOrder {
  /** Of the whole benchmark; exists. */
  readonly folder: string;
  /** Of bench-environment.ts. */
  readonly python: string;
  readonly spec: SweepSpec;
  readonly seed: number;
  readonly trials: number;
  readonly naiveTrials: number;
  readonly hasEvolve: boolean;
}

/** The best of a search by its search score, and when the search first was so good as the script's. */
export interface SearchOutcome {
  readonly bestTrial: number;
  readonly bestSearch: number;
  readonly confirmScore: number;
  /** Trial of the first best-so-far that confirms at the script's final score; null: never. */
  readonly reachedTrial: number | null;
  /** Wall time from the start of the program; null: never. */
  readonly reachedSeconds: number | null;
}

export interface SeedResult {
  readonly seed: number;
  readonly order: readonly string[];
  /** Cost: of the trials that were run cold. Outcome: of the replay, charged with that cost. */
  readonly naive: NaiveCost & SearchOutcome;
  /** The warm child alone, over the replayed trials. */
  readonly evaluator: SearchCost & { readonly start: Moment };
  /** The replay's best trial, and the documents that it scored the same cold. */
  readonly proof: { readonly trial: number; readonly documents: number };
  readonly ours: SearchCost & SearchOutcome & Pick<OurRun, 'modes' | 'whole'>;
  /** Null: not run, or failed. */
  readonly evolve: EvolveResult | null;
  readonly evolveFailure?: string;
}

export async function measureSeed(order: SeedOrder): Promise<SeedResult> {
  const { spec, seed, trials, python } = order;
  const folder = join(order.folder, `s${seed}`);
  mkdirSync(folder);
  let cold: NaiveCost | undefined;
  let run: OurRun | undefined;
  let evolve: EvolveResult | null = null;
  let evolveFailure: string | undefined;
  const sides: readonly (readonly [string, () => Promise<void>])[] = [
    [
      'naive',
      async () => {
        cold = await measureNaiveScript({ folder, python, seed, trials: order.naiveTrials });
      },
    ],
    [
      'ours',
      async () => {
        run = await measureOurs({ folder, seed, trials });
      },
    ],
    [
      'evolve',
      async () => {
        if (!order.hasEvolve) return;
        try {
          evolve = await measureEvolve({ folder, seed, evaluations: mostEvaluations(trials) });
        } catch (error) {
          // The other sides of some 40 minutes are worth keeping.
          evolveFailure = error instanceof Error ? error.message : String(error);
          console.log(`evolve: failed, this seed counts for it in no ratio: ${evolveFailure}`);
        }
      },
    ],
  ];
  // In turn, and the other way round with every other seed: a machine warms up, and its load drifts.
  const turns = seed % 2 === 0 ? sides : sides.toReversed();
  for (const [, measure] of turns) await measure();
  if (cold === undefined || run === undefined)
    throw new Error('expected both sides to be measured');

  const scorer = await WarmScorer.open(spec, join(folder, 'warm'));
  try {
    const replay = await replayNaive({ folder, python, seed, trials }, scorer);
    const naive = await confirmBestSoFar('naive, replayed warm', replay.trials, scorer);
    const ours = await confirmBestSoFar('ours', run.trials, scorer);
    const best = lastOf(naive);
    const target = best.confirmScore;
    checkAgainstLedger(run, lastOf(ours));
    const documents = await proveReplay(spec, scorer, best.trial.merge, join(folder, 'proof'));
    const { startSeconds, secondsPerTrial } = cold;
    const { secondsPerTrial: ourSeconds, cpuSecondsPerTrial, modes, whole } = run;
    return {
      seed,
      order: turns.map(([name]) => name).filter((name) => name !== 'evolve' || order.hasEvolve),
      naive: {
        ...cold,
        ...outcomeOf(naive, target, ({ trial }) => startSeconds + trial * secondsPerTrial),
      },
      evaluator: { ...replay.cost, start: scorer.start },
      proof: { trial: best.trial.trial, documents },
      ours: {
        ...{ secondsPerTrial: ourSeconds, cpuSecondsPerTrial, modes, whole },
        ...outcomeOf(ours, target, ({ endedAtSeconds }) => endedAtSeconds),
      },
      evolve,
      ...(evolveFailure === undefined ? {} : { evolveFailure }),
    };
  } finally {
    await scorer.close();
  }
}

/** `--max-fevals` with which mergekit-evolve makes at least `trials`: generations of nine and one. */
function mostEvaluations(trials: number): number {
  return 9 * Math.max(1, Math.ceil((trials - 1) / 9)) - 1;
}

function outcomeOf<Trial extends ScoredTrial>(
  confirmed: readonly ConfirmedTrial<Trial>[],
  target: number,
  secondsUntil: (trial: Trial) => number,
): SearchOutcome {
  const { trial, confirmScore } = lastOf(confirmed);
  const reached = findReached(confirmed, target);
  return {
    bestTrial: trial.trial,
    bestSearch: trial.score,
    confirmScore,
    reachedTrial: reached?.trial ?? null,
    reachedSeconds: reached === undefined ? null : secondsUntil(reached),
  };
}

/** The sweep confirmed its best itself: the same merge has the same score. */
function checkAgainstLedger(run: OurRun, { trial, confirmScore }: ConfirmedTrial<ScoredTrial>) {
  const known = run.confirmScores.get(trial.trial);
  if (known !== undefined && known !== confirmScore) {
    throw new Error(
      `trial ${trial.trial} of ours confirms at ${confirmScore}, in the sweep's ledger at ${known}`,
    );
  }
}

function lastOf<Item>(items: readonly Item[]): Item {
  const last = items.at(-1);
  if (last === undefined) throw new Error('expected a trial with a score, got none');
  return last;
}
