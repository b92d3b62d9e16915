/** How a sweep fits into a machine's memory: the sweep file, the models' headers and the machine. */
import { whyNotWarm } from '../evaluation/warm-limits.js';
import { planEvaluation } from '../evaluation/plan-evaluation.js';
import { uniformRecipe } from '../merge/to-recipe.js';
import type { CheckpointFacts } from '../preflight/checkpoint-facts.js';
import { chooseResidence, type ResidenceChoice } from '../preflight/choose-residence.js';
import { planMemory, type MemoryPlan } from '../preflight/memory-plan.js';
import type { SweepSpec } from '../spec/sweep-spec.js';
import type { Machine } from './machine.js';

export interface SweepMemory {
  /** As read, before the sweep starts. */
  readonly availableRamBytes: number;
  /** Evaluations at once that were counted with. */
  readonly slots: number;
  readonly plan: MemoryPlan;
  readonly choice: ResidenceChoice;
}

/**
 * Undefined unless the headers of base and of every parent were read.
 * @param models base and parents, those that were read
 */
export function planSweepMemory(
  spec: SweepSpec,
  models: readonly CheckpointFacts[],
  machine: Machine,
): SweepMemory | undefined {
  const [base, ...parents] = models;
  if (base === undefined || models.length < spec.parents.length + 1) return undefined;
  if (models.some(({ weights }) => weights !== 'safetensors')) return undefined;
  const { genome, evaluation, merge } = spec.file;
  const { dtype: evaluationDtype } = evaluation.model_args;
  const isOnCpu = evaluation.device === 'cpu';
  const slots = countSlots(machine, isOnCpu);
  const plan = planMemory(base, parents, {
    mergeDtype: genome.dtype,
    ...(genome.out_dtype === undefined ? {} : { outDtype: genome.out_dtype }),
    ...(typeof evaluationDtype === 'string' ? { evaluationDtype } : {}),
    method: genome.merge_method,
    isOnCpu,
    isMergedOnCard: merge.cuda,
    children: slots + 1,
  });
  const { availableRamBytes } = machine;
  return {
    ...{ availableRamBytes, slots, plan },
    choice: chooseResidence(plan, availableRamBytes, findWarmObstacle(spec)),
  };
}

/** As a node worker counts them, but for models that need a card where this machine has none: one. */
function countSlots({ cards, cores }: Machine, isOnCpu: boolean): number {
  if (cards > 0) return cards;
  return isOnCpu ? Math.max(1, cores >> 1) : 1;
}

/** Why no merge of the sweep can be evaluated warm, as far as the file tells; one clause. What a node lacks, the node says. */
export function findWarmObstacle(spec: SweepSpec): string | undefined {
  const { evaluation, merge } = spec.file;
  if (evaluation.mode === 'cold') return 'evaluation.mode is cold';
  return whyNotWarm({
    subject: { kind: 'merge', recipe: uniformRecipe(spec).recipe },
    mergeOptions: { cuda: merge.cuda, lowCpuMemory: merge.low_cpu_memory, args: merge.args },
    plan: planEvaluation(spec, 'search'),
  });
}
