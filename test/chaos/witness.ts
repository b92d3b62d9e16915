/** Remembers what the ledger once acknowledged: by reading it while it is written, and from what `run` printed. */
import type { RunEvent } from '../../src/cli/live/events.js';
import type { LedgerReader, ScoreRow, TrialRow } from '../../src/store/rows.js';

export interface Contradiction {
  readonly kind: 'lost' | 'changed';
  readonly text: string;
}

export class Witness {
  /** Trial → what was accepted of it, as JSON. */
  private readonly accepted = new Map<string, string>();
  /** Trials that `run` said were complete, with their score. */
  private readonly printed = new Map<string, number | undefined>();
  private readonly found = new Map<string, Contradiction>();
  /** Changes with everything that happens to the sweep. */
  progress = '';

  get scored(): number {
    return this.accepted.size;
  }

  hear(event: RunEvent): void {
    if (event.event === 'trial' && event.state === 'complete')
      this.printed.set(event.trial, event.score);
  }

  look(reader: LedgerReader, sweep: string): void {
    const row = reader.getSweep(sweep);
    if (row === undefined) return;
    const trials = reader.listTrials(sweep);
    const scores = reader.listScores(sweep);
    const complete = new Map<string, string>();
    for (const trial of trials)
      if (trial.state === 'complete') complete.set(trial.trial, describe(trial, scores));
    for (const [trial, was] of this.accepted) {
      const is = complete.get(trial);
      if (is === undefined) this.contradict('lost', trial, was, 'no scores');
      else if (is !== was) this.contradict('changed', trial, was, is);
    }
    for (const [trial, is] of complete) if (!this.accepted.has(trial)) this.accepted.set(trial, is);
    this.progress = `${row.state} ${trials.length} ${trials.filter(({ state }) => state !== 'proposed').length}`;
  }

  /** Also of what was printed; after the last look. */
  conclude(trials: readonly TrialRow[]): Contradiction[] {
    for (const [trial, score] of this.printed) {
      const row = trials.find((known) => known.trial === trial);
      if (row?.state !== 'complete')
        this.contradict('lost', trial, 'printed', row?.state ?? 'none');
      else if (row.fitness !== score)
        this.contradict('changed', trial, `printed ${String(score)}`, String(row.fitness));
    }
    return [...this.found.values()];
  }

  private contradict(kind: Contradiction['kind'], trial: string, was: string, is: string): void {
    if (!this.found.has(trial))
      this.found.set(trial, { kind, text: `trial ${trial} was ${was}, and is ${is}` });
  }
}

function describe(trial: TrialRow, scores: readonly ScoreRow[]): string {
  const own = scores.filter((score) => score.trial === trial.trial);
  const values = own.map(({ task, metric, value }) => `${task} ${metric} ${value}`).sort();
  return JSON.stringify([trial.fitness, trial.params, ...values]);
}
