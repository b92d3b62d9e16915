/** Scores that were acknowledged, and what was ever sent for a trial. */
import type { TellAskInput, TrialId, TrialOutcome } from '../../activities/contracts.js';
import type { LedgerReader, TrialRow } from '../../src/store/rows.js';

export class CheckedScores {
  readonly #violate: (kind: string, text: string) => void;
  /** As they stood in the ledger when the activity had returned. */
  readonly #acknowledged = new Map<TrialId, string>();
  readonly #sent = new Map<TrialId, Set<string>>();

  constructor(violate: (kind: string, text: string) => void) {
    this.#violate = violate;
  }

  get count(): number {
    return this.#acknowledged.size;
  }

  send(outcome: TrialOutcome): void {
    if (outcome.status !== 'complete') return;
    const sent = this.#sent.get(outcome.trial) ?? new Set();
    sent.add(valuesOf(outcome.result.report.scores));
    this.#sent.set(outcome.trial, sent);
  }

  wasSent(trial: TrialId, scores: readonly { readonly value: number }[]): boolean {
    return this.#sent.get(trial)?.has(valuesOf(scores)) === true;
  }

  /**
   * Whoever got a reply may rely on it: what is complete now stays as it is.
   * @param mayBeInLineAgain whether trials without scores were put back in line since the request was carried out
   */
  acknowledge(
    ledger: LedgerReader,
    { sweep, outcomes }: TellAskInput,
    mayBeInLineAgain: () => boolean,
  ): void {
    for (const { trial, status } of outcomes) {
      const row = ledger.getTrial(sweep, trial);
      if (row === undefined) {
        this.#violate('I3', `trial ${trial} was handed out and is not in the ledger`);
        continue;
      }
      if (row.state === 'complete') this.#keep(ledger, row);
      const isKnown = row.state === 'complete' || row.state === 'failed';
      const isCancelled = row.state === 'cancelled' && status !== 'complete';
      if (!isKnown && !isCancelled && !mayBeInLineAgain()) {
        this.#violate(
          'I1',
          `trial ${trial} was told ${status}, and the ledger has it ${row.state}`,
        );
      }
    }
  }

  /** Every acknowledged score is there, bit for bit. */
  compare(ledger: LedgerReader, sweep: string): void {
    for (const [trial, expected] of this.#acknowledged) {
      const row = ledger.getTrial(sweep, trial);
      const got = row?.state === 'complete' ? textOf(ledger, row) : `it is ${row?.state ?? 'gone'}`;
      if (got !== expected) this.#violate('I1', `trial ${trial} had ${expected}, now ${got}`);
    }
  }

  #keep(ledger: LedgerReader, row: TrialRow): void {
    const text = textOf(ledger, row);
    const before = this.#acknowledged.get(row.trial);
    if (before !== undefined && before !== text) {
      this.#violate('I1', `trial ${row.trial} had ${before}, now ${text}`);
    }
    this.#acknowledged.set(row.trial, text);
  }
}

function textOf(ledger: LedgerReader, { sweep, trial, fitness, node, attempt }: TrialRow): string {
  return JSON.stringify([fitness, node, attempt, ledger.listScores(sweep, trial)]);
}

const valuesOf = (scores: readonly { readonly value: number }[]): string =>
  JSON.stringify(scores.map(({ value }) => value));
