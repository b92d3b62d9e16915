/**
 * What a trial takes, before any has run: from sizes, limits and a few rates. Rough by nature: the factor
 * says how rough, and the first measured trials replace it. The figures' sources are in docs/budget.md.
 */
import type { TrialKind } from '../../activities/contracts.js';
import { resolveFidelity } from '../spec/fidelity.js';
import type { SweepFile } from '../spec/schema.js';
import type { CostEstimate, CostEstimates } from './cost.js';

/** Bytes. */
export interface ModelSizes {
  /** Base and parents as stored. */
  readonly parentsBytes: number;
  /** One merged model in the type in which it is evaluated. */
  readonly modelBytes: number;
}

export interface WhereItRuns {
  /** Models are evaluated on the CPU. */
  readonly isOnCpu: boolean;
  /** Cards of one evaluation, ≥ 1. */
  readonly cards: number;
  /** The evaluator keeps the parents and the model. */
  readonly isWarm: boolean;
}

/** Measured on one H100 (`npm run bench -- stages`): 38.9 GB of parents in 30 s; 41 MB of model a second on a CPU. */
const mergeBytesPerSecond = { card: 1.3e9, cpu: 41e6 };
/** Starts of the two programs, and of a warm child that has them behind it. */
const startSeconds = { cold: { merge: 5, evaluate: 12 }, warm: { merge: 0.5, evaluate: 1 } };
/** Reading a checkpoint that was just written. */
const loadBytesPerSecond = 1.5e9;
/** Reading the weights once for each step of a batch, and what a step takes beside it. */
const weightBytesPerSecond = { card: 1.5e12, cpu: 2e10 };
const stepSeconds = { card: 0.02, cpu: 0.005 };
/** Of an eval task without `limit`; its files are on the nodes. */
const assumedDocuments = 1000;
/** Written for a document, or as long as that to read. */
const assumedTokens = 64;
const factor = 4;

export function estimateCosts(
  file: SweepFile,
  sizes: ModelSizes,
  where: WhereItRuns,
): CostEstimates {
  const { search, confirm } = file.tasks;
  const [first = 1] = resolveFidelity(file)?.rungs ?? [1];
  const cost = (tasks: SweepFile['tasks']['search'], share: number): CostEstimate =>
    costOfTrial(file, sizes, where, share * countDocuments(tasks));
  const kinds: Record<TrialKind, CostEstimate> = {
    baseline: cost(search, 1),
    search: cost(search, first),
    // It goes on with the documents that it was not scored on.
    promotion: cost(search, Math.max(first, 1 - first)),
    confirm: cost(confirm.length === 0 ? search : confirm, 1),
  };
  return { kinds, factor, source: 'plan' };
}

const countDocuments = (tasks: readonly { readonly limit?: number | undefined }[]): number =>
  tasks.reduce((sum, { limit = assumedDocuments }) => sum + limit, 0);

function costOfTrial(
  { merge, evaluation }: SweepFile,
  { parentsBytes, modelBytes }: ModelSizes,
  { isOnCpu, cards, isWarm }: WhereItRuns,
  documents: number,
): CostEstimate {
  const start = isWarm ? startSeconds.warm : startSeconds.cold;
  const mergeWork = merge.cuda
    ? parentsBytes / mergeBytesPerSecond.card
    : modelBytes / mergeBytesPerSecond.cpu;
  const mergeSeconds = start.merge + mergeWork;
  const place = isOnCpu ? 'cpu' : 'card';
  const steps = Math.ceil(documents / evaluation.batch_size) * assumedTokens;
  const step = stepSeconds[place] + modelBytes / cards / weightBytesPerSecond[place];
  const load = isWarm ? 0 : modelBytes / loadBytesPerSecond;
  const evaluateSeconds = start.evaluate + load + steps * step;
  return {
    gpuSeconds: cards * (evaluateSeconds + (merge.cuda ? mergeSeconds : 0)),
    // On a CPU the next merge is made meanwhile.
    seconds: merge.cuda ? mergeSeconds + evaluateSeconds : Math.max(mergeSeconds, evaluateSeconds),
  };
}
