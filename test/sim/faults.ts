/** What goes wrong by chance, until calm is ordered. One stream of random numbers chooses all of it. */
import type { RunTrialResult } from '../../activities/contracts.js';
import type { FailureClass } from '../../src/errors.js';
import type { Flaw } from './made-up-evaluation.js';
import { Random } from './random.js';
import type { ChanceFault, SeedPlan } from './seed-plan.js';

const attemptFailures: readonly FailureClass[] = [
  'out_of_memory',
  'hang',
  'timeout',
  'crash',
  'no_output',
  'disk_full',
  'invalid_merge',
  'degenerate_merge',
];
const streakFailures: readonly FailureClass[] = [
  ...attemptFailures,
  'tool_missing',
  'configuration',
];

export class Faults {
  readonly random: Random;
  isCalm = false;
  /** Every attempt fails so for the time being. */
  streak: FailureClass | undefined;
  readonly #chances: SeedPlan['chances'];

  constructor({ seed, chances }: SeedPlan) {
    this.random = new Random(seed, 'faults');
    this.#chances = chances;
  }

  chance(kind: ChanceFault): boolean {
    const probability = this.#chances[kind];
    return probability !== undefined && !this.isCalm && this.random.chance(probability);
  }

  startStreak(): void {
    this.streak = this.random.pick(streakFailures);
  }

  chooseFailure(): FailureClass | undefined {
    if (this.isCalm) return undefined;
    if (this.streak !== undefined) return this.streak;
    return this.chance('attemptFails') ? this.random.pick(attemptFailures) : undefined;
  }

  chooseFlaw(): Flaw | undefined {
    if (this.chance('noise')) return 'noise';
    return this.chance('truncated') ? 'truncated' : undefined;
  }

  /** As a node of another version may send it, after its trip as JSON. */
  garble(result: RunTrialResult): RunTrialResult {
    if (!this.chance('nonsense')) return result;
    const { report } = result;
    const [first, ...others] = report.scores;
    if (first === undefined) return result;
    const values: readonly unknown[] = [null, '0.5', 1e308, Number.POSITIVE_INFINITY, undefined];
    const value = values[this.random.below(values.length)] as number;
    const garbled = this.random.pick([
      { ...report, scores: [{ ...first, value }, ...others] },
      { ...report, scores: others },
      { ...report, scores: [first, ...report.scores] },
      { ...report, split: 'elsewhere' as 'search' },
      { ...report, scores: [{ ...first, documents: 0 }, ...others] },
      { ...report, documents: report.documents.map((each) => ({ ...each, values: 'AAAA' })) },
    ]);
    return { ...result, report: garbled };
  }
}
