/** How a node's cards are cut into slots. */
import type { MergeStrategy, Slot } from '../../activities/slots.js';
import { UsageError } from '../errors.js';

export interface SlotRequest {
  /** Cards in use, as `CUDA_VISIBLE_DEVICES` takes them; none on a CPU node. */
  readonly gpus: readonly string[];
  /** Cards of one slot, ≥ 1. @default 1 */
  readonly gpusPerTrial?: number | undefined;
  /** Evaluations at once, ≥ 1. @default one per group of cards, else one per two cores */
  readonly slots?: number | undefined;
  /** @default overlap */
  readonly strategy?: MergeStrategy | undefined;
  readonly cores: number;
}

export interface SlotPlan {
  readonly strategy: MergeStrategy;
  /** Cards of one slot; 0 on a CPU node. */
  readonly gpusPerTrial: number;
  readonly evaluation: readonly Slot[];
  readonly merge: readonly Slot[];
  /** Of the processes that keep their models, a slot each. */
  readonly places: readonly Slot[];
  /** Trials that the node takes beyond its slots, to merge them meanwhile. */
  readonly prefetch: 0 | 1;
}

/** @throws UsageError `gpus_per_trial`, `strategy` where the cards do not suffice for what is asked */
export function planSlots(request: SlotRequest): SlotPlan {
  const { gpus, strategy = 'overlap', gpusPerTrial = 1, cores } = request;
  const groups = cutIntoGroups(gpus, gpusPerTrial);
  const last = groups.slice(-1);
  const forEvaluation = strategy === 'spare' ? groups.slice(0, -1) : groups;
  if (strategy === 'spare' && forEvaluation.length === 0) throw tooFewForSpare(groups.length);
  const onCpu = Math.max(1, cores >> 1);
  const slots = request.slots ?? (groups.length > 0 ? forEvaluation.length : onCpu);
  const prefetch = strategy === 'serial' ? 0 : 1;
  return {
    strategy,
    gpusPerTrial: groups.length > 0 ? gpusPerTrial : 0,
    evaluation: assignCards(numberSlots(slots), forEvaluation),
    merge: assignCards(['merge'], last),
    places: assignCards(numberSlots(slots + prefetch), forEvaluation),
    prefetch,
  };
}

function cutIntoGroups(gpus: readonly string[], size: number): readonly (readonly string[])[] {
  if (gpus.length % size !== 0 || (gpus.length === 0 && size > 1))
    throw new UsageError(
      'gpus_per_trial',
      `--gpus-per-trial ${size}: expected a number of cards that groups of ${size} use up, got ${gpus.length} (${gpus.join(', ') || 'none'}): name the cards with --gpus, or take another size.`,
    );
  return Array.from({ length: gpus.length / size }, (_, index) =>
    gpus.slice(index * size, (index + 1) * size),
  );
}

function tooFewForSpare(groups: number): UsageError {
  const got = groups === 0 ? 'a node without cards' : 'cards for one';
  return new UsageError(
    'strategy',
    `--strategy spare: expected cards for a slot and as many for the merges, got ${got}: use overlap or serial, or lower --gpus-per-trial.`,
  );
}

const numberSlots = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `slot-${index + 1}`);

/** More slots than groups share them in turn. */
function assignCards(
  ids: readonly string[],
  groups: readonly (readonly string[])[],
): readonly Slot[] {
  return ids.map((id, index) => {
    const cudaDevices = groups[index % groups.length];
    return cudaDevices === undefined ? { id } : { id, cudaDevices };
  });
}
