/** How the trials of a sweep were evaluated, and why some of them cold. */
import type { TrialRow } from '../store/rows.js';

/** Of `prove` in activities/choose-evaluator.ts: such a trial is cold because warm is possible. */
const proving = 'to prove that warm equals it';

export interface ModeLine {
  readonly tone: 'plain' | 'bad';
  readonly text: string;
}

/** Nothing for sweeps that ask for cold, or whose trials do not say how they were evaluated. */
export function describeModes(trials: readonly TrialRow[]): ModeLine[] {
  const told = trials.filter(({ state, mode }) => state === 'complete' && mode !== undefined);
  const asked = told.filter(({ input }) => input.evaluator?.mode !== 'cold');
  if (asked.length === 0) return [];
  const warm = asked.filter(({ mode }) => mode === 'warm');
  // More may stand behind it: a smaller batch, who else was on the card.
  const isProof = ({ modeReason }: TrialRow): boolean => modeReason?.startsWith(proving) === true;
  const proofs = asked.filter(isProof).length;
  const lines: ModeLine[] = [];
  if (warm.length > 0) {
    const proof =
      proofs === 0 ? '' : `; ${proofs} were evaluated in both ways, bit for bit the same`;
    lines.push({
      tone: 'plain',
      text: `${warm.length} of ${asked.length} evaluations were warm${proof}`,
    });
  }
  const reasons = new Map<string, number>();
  for (const trial of asked) {
    const { mode, modeReason } = trial;
    if (mode !== 'cold' || modeReason === undefined || isProof(trial)) continue;
    reasons.set(modeReason, (reasons.get(modeReason) ?? 0) + 1);
  }
  for (const [reason, count] of reasons) {
    lines.push({ tone: 'bad', text: `${count} of ${asked.length} were cold: ${reason}` });
  }
  return lines;
}
