/** The ledger's rows of a sweep that goes on: what has ended does not change, and is read once. */
import type { TrialId } from '../../activities/contracts.js';
import type { JournalEntry, LedgerReader, ScoreRow, SweepRow, TrialRow } from '../store/rows.js';
import type { Standing } from '../store/standings.js';

export interface SweepRows {
  readonly sweep: SweepRow;
  /** By ordinal. */
  readonly trials: readonly TrialRow[];
  readonly scores: readonly ScoreRow[];
  /** By time. */
  readonly journal: readonly JournalEntry[];
}

export class SweepRowReader {
  readonly #reader: LedgerReader;
  readonly #sweep: string;
  #standings: readonly Standing[] = [];
  #trials: readonly TrialRow[] = [];
  #scores: readonly ScoreRow[] = [];

  constructor(reader: LedgerReader, sweep: string) {
    this.#reader = reader;
    this.#sweep = sweep;
  }

  /** As they are now; undefined when the ledger does not know the sweep yet. */
  read(): SweepRows | undefined {
    const row = this.#reader.getSweep(this.#sweep);
    if (row === undefined) return undefined;
    if (this.#trials.length === 0) this.#readAll();
    else this.#readChanged();
    const journal = this.#reader.listJournal(this.#sweep);
    return { sweep: row, trials: this.#trials, scores: this.#scores, journal };
  }

  #readAll(): void {
    this.#standings = this.#reader.listStandings(this.#sweep);
    this.#trials = this.#reader.listTrials(this.#sweep);
    this.#scores = this.#reader.listScores(this.#sweep);
  }

  #readChanged(): void {
    const before = this.#standings;
    const now = this.#reader.listStandings(this.#sweep);
    const trials = [...this.#trials];
    const scored: TrialId[] = [];
    for (const [index, standing] of now.entries()) {
      // Who waits or runs may be handed out once more.
      if (standing.state !== 'proposed' && isSame(before[index], standing)) continue;
      const trial = this.#reader.getTrial(this.#sweep, standing.trial);
      if (trial === undefined) continue;
      trials[index] = trial;
      if (trial.state === 'complete') scored.push(trial.trial);
    }
    this.#standings = now;
    this.#trials = trials;
    if (scored.length === 0) return;
    const others = this.#scores.filter(({ trial }) => !scored.includes(trial));
    const added = scored.flatMap((trial) => this.#reader.listScores(this.#sweep, trial));
    this.#scores = [...others, ...added];
  }
}

function isSame(before: Standing | undefined, now: Standing): boolean {
  if (before === now) return true;
  return (
    before?.trial === now.trial &&
    before.state === now.state &&
    before.fitness === now.fitness &&
    before.node === now.node
  );
}
