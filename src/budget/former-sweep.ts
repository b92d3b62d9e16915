/** Times of an earlier sweep in the same ledger, where they say something of another one. */
import { canonicalJson } from '../spec/canonical-json.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import type { TrialRow } from '../store/rows.js';
import { measure, trialKinds, type CostEstimate, type CostEstimates } from './cost.js';
import { gpuSecondsOf } from './outlook.js';

/** A ledger may hold fifty, of which one says something: each is read as far as it is asked for. */
export interface FormerSweep {
  readonly name: string;
  /** Undefined of one that this version can't read. */
  readonly readSpec: () => SweepSpec | undefined;
  readonly listTrials: () => readonly TrialRow[];
}

/** Measured times scatter, and other nodes may be there. */
const factor = 1.5;

/**
 * The costs of the latest sweep of the same models and eval tasks that has scored trials; kinds that it
 * has none of are taken from `estimates`, corrected by how search trials turned out.
 *
 * @param formers latest last
 */
export function learnFromFormer(
  spec: SweepSpec,
  formers: readonly FormerSweep[],
  estimates: CostEstimates | undefined,
): CostEstimates | undefined {
  const own = identify(spec);
  for (const { readSpec, listTrials } of [...formers].reverse()) {
    const former = readSpec();
    if (former === undefined || identify(former) !== own) continue;
    const scored = listTrials().filter(({ state }) => state === 'complete');
    const found = Object.fromEntries(
      trialKinds.flatMap((kind): [string, CostEstimate][] => {
        const rows = scored.filter((row) => row.kind === kind);
        const gpu = measure(rows.map(gpuSecondsOf));
        const seconds = measure(
          rows.map(({ mergeSeconds = 0, evaluateSeconds = 0 }) => mergeSeconds + evaluateSeconds),
        );
        if (gpu === undefined || seconds === undefined || seconds.mean <= 0) return [];
        return [[kind, { gpuSeconds: gpu.mean, seconds: seconds.mean }]];
      }),
    ) as Partial<CostEstimates['kinds']>;
    const { search = found.baseline } = found;
    if (search === undefined) continue;
    const scale = estimates === undefined ? 1 : search.seconds / estimates.kinds.search.seconds;
    const other = (kind: keyof CostEstimates['kinds']): CostEstimate => {
      const planned = estimates?.kinds[kind];
      if (planned === undefined) return search;
      return { gpuSeconds: planned.gpuSeconds * scale, seconds: planned.seconds * scale };
    };
    const kinds = {
      baseline: found.baseline ?? other('baseline'),
      search,
      promotion: found.promotion ?? other('promotion'),
      confirm: found.confirm ?? other('confirm'),
    };
    return { kinds, factor, source: 'former sweep' };
  }
  return undefined;
}

/** What decides how long a trial takes. */
function identify({ base, parents, file }: SweepSpec): string {
  const { mode, batch_size: batchSize, device } = file.evaluation;
  const models = [base, ...parents].map(({ model }) => model).sort();
  const { method, cuda } = { method: file.genome.merge_method, cuda: file.merge.cuda };
  return canonicalJson({
    ...{ models, method, cuda, mode, batchSize, device: device ?? '' },
    ...{ tasks: file.tasks, fidelity: file.fidelity },
  });
}
