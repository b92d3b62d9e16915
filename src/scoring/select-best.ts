/** What choosing needs to know of a trial; the ledger's rows fit. */
export interface ScoredTrial {
  readonly kind: 'search' | 'baseline' | 'confirm' | 'promotion';
  /** Order of proposal, from 1. */
  readonly ordinal: number;
  readonly state: string;
  /** Maximised; only when complete. */
  readonly fitness?: number;
  readonly label?: string;
  /** Rung of the documents it was scored on; absent: all of them. */
  readonly rung?: number;
}

/**
 * Candidates that were scored on all documents, by a search trial or by the promotion of one, best
 * first: highest fitness, of equals the one proposed first.
 */
export function rankSearchTrials<Trial extends ScoredTrial>(trials: readonly Trial[]): Trial[] {
  return rank(
    trials.filter(
      ({ kind, rung }) => (kind === 'search' || kind === 'promotion') && rung === undefined,
    ),
  );
}

/** The best candidate. A baseline is what it is compared with, never the best itself. */
export function selectBest<Trial extends ScoredTrial>(trials: readonly Trial[]): Trial | undefined {
  return rankSearchTrials(trials)[0];
}

/** The baseline of the parent that scored highest. */
export function selectBestParent<Trial extends ScoredTrial>(
  trials: readonly Trial[],
  parentLabels: readonly string[],
): Trial | undefined {
  const isParent = ({ kind, label }: Trial) =>
    kind === 'baseline' && label !== undefined && parentLabels.includes(label);
  return rank(trials.filter(isParent))[0];
}

function rank<Trial extends ScoredTrial>(trials: readonly Trial[]): Trial[] {
  return trials
    .filter(({ state, fitness }) => state === 'complete' && fitness !== undefined)
    .toSorted(
      (a, b) => (b.fitness ?? -Infinity) - (a.fitness ?? -Infinity) || a.ordinal - b.ordinal,
    );
}
