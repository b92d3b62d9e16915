/** What choosing needs to know of a trial; the ledger's rows fit. */
export interface ScoredTrial {
  readonly trial: string;
  readonly kind: 'search' | 'baseline' | 'confirm' | 'promotion';
  /** Order of proposal, from 1. */
  readonly ordinal: number;
  readonly state: string;
  /** Maximised; only when complete. */
  readonly fitness?: number;
  readonly label?: string;
  /** Rung of the documents it was scored on; absent: all of them. */
  readonly rung?: number;
  /** Of a confirmation: the trial that it scores again. */
  readonly confirms?: string;
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

/**
 * The finalists by their confirmed fitness, best first, of equals the one confirmed first; none before
 * the confirmation of every finalist has ended. One that failed there is left out.
 */
export function rankFinalists<Trial extends ScoredTrial>(trials: readonly Trial[]): Trial[] {
  const candidates = new Map(rankSearchTrials(trials).map((trial) => [trial.trial, trial]));
  const confirmations = trials.filter(
    ({ kind, confirms = '' }) => kind === 'confirm' && candidates.has(confirms),
  );
  const isOver = confirmations.every(({ state }) => state === 'complete' || state === 'failed');
  if (!isOver) return [];
  return rank(confirmations).flatMap(({ confirms = '' }) => candidates.get(confirms) ?? []);
}

/**
 * The best candidate: of the finalists once they are confirmed, before that the best measured in the
 * search. A baseline is what it is compared with, never the best itself.
 */
export function selectBest<Trial extends ScoredTrial>(trials: readonly Trial[]): Trial | undefined {
  return rankFinalists(trials)[0] ?? rankSearchTrials(trials)[0];
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
