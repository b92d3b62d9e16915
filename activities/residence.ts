import { isAbsolute } from 'node:path';
import { readCheckpointFacts } from '../src/external/checkpoint-files.js';
import { chooseResidence, type ResidenceChoice } from '../src/preflight/choose-residence.js';
import { planMemory } from '../src/preflight/memory-plan.js';
import { hashJson } from '../src/spec/canonical-json.js';
import type { EvaluatorChoice } from './contracts.js';
import type { TrialWork } from './evaluator.js';

/**
 * Where the parents of a sweep live on this node. Decided once per process: what is available falls
 * by the very children that were decided on.
 */
export class Residences {
  private readonly children: number;
  /** Of the node. */
  private readonly deviceClass: 'cpu' | 'cuda';
  private readonly availableRamBytes: () => number;
  private readonly decided = new Map<string, Promise<ResidenceChoice>>();

  constructor(
    children: number,
    deviceClass: 'cpu' | 'cuda',
    availableRamBytes = () => process.availableMemory(),
  ) {
    this.children = children;
    this.deviceClass = deviceClass;
    this.availableRamBytes = availableRamBytes;
  }

  /** @throws MergesweepError where a local model's headers can't be read */
  decide(work: TrialWork, choice: EvaluatorChoice): Promise<ResidenceChoice> {
    const { models, dtype } = choice;
    const key = hashJson({ models, dtype, evaluation: work.input.evaluation.modelArgs });
    const known = this.decided.get(key);
    if (known !== undefined) return known;
    const deciding = this.decideAnew(work, choice);
    this.decided.set(key, deciding);
    deciding.catch(() => this.decided.delete(key));
    return deciding;
  }

  private async decideAnew(
    { input }: TrialWork,
    { models, dtype }: EvaluatorChoice,
  ): Promise<ResidenceChoice> {
    if (!models.every(isAbsolute)) {
      return { residence: 'mapped', fits: true, reason: 'parents on the Hub are mapped' };
    }
    const [base, ...parents] = await Promise.all(
      models.map((model) => readCheckpointFacts(model, model)),
    );
    if (base === undefined) throw new Error('a sweep without a base model');
    const { modelArgs, device } = input.evaluation;
    const plan = planMemory(base, parents, {
      mergeDtype: dtype,
      ...(typeof modelArgs['dtype'] === 'string' ? { evaluationDtype: modelArgs['dtype'] } : {}),
      method: input.subject.kind === 'merge' ? input.subject.recipe.method : 'ties',
      isOnCpu: device === 'cpu' || this.deviceClass === 'cpu',
      isMergedOnCard: input.mergeOptions.cuda,
      children: this.children,
    });
    return chooseResidence(plan, this.availableRamBytes());
  }
}
