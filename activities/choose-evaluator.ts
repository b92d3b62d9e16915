import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hashJson } from '../src/spec/canonical-json.js';
import { StageFailedError } from '../src/errors.js';
import { findDifference } from '../src/evaluation/compare-reports.js';
import { whyNodeNotWarm, whyNotWarm } from '../src/evaluation/warm-limits.js';
import { fingerprintEvaluation } from '../src/evaluation/work-key.js';
import { findTool } from '../src/external/find-tool.js';
import { whyNoTwin } from '../src/external/model-twin.js';
import { WarmUnsupportedError } from '../src/external/warm-child.js';
import type { WarmProof, WarmProofs } from '../src/external/warm-proofs.js';
import { aborted } from './aborted.js';
import type { EvaluatorChoice } from './contracts.js';
import type { Evaluated, Evaluator, TrialWork } from './evaluator.js';
import type { Residences } from './residence.js';
import {
  evaluateWarm,
  prepareWarm,
  type WarmDependencies,
  type WarmInputs,
  type WarmTrial,
} from './warm-evaluator.js';

export interface ChoosingDependencies {
  readonly nodeId: string;
  readonly cold: Evaluator;
  readonly warm: WarmDependencies;
  readonly proofs: WarmProofs;
  readonly residences: Residences;
}

/**
 * Warm where the sweep allows it, the table of limits knows nothing against it, and a merge of the
 * same kind gave the same bits and scores in both ways on this node; cold otherwise.
 */
export function createChoosingEvaluator(deps: ChoosingDependencies): Evaluator {
  return { evaluate: (work) => chooseAndEvaluate(deps, work) };
}

async function chooseAndEvaluate(deps: ChoosingDependencies, work: TrialWork): Promise<Evaluated> {
  const { evaluator: choice, subject } = work.input;
  if (choice === undefined || choice.mode === 'cold') return deps.cold.evaluate(work);
  const obstacle = await findObstacle(deps, work, choice);
  if (obstacle !== undefined) {
    if (choice.mode === 'warm' && subject.kind === 'merge') throw warmRefused(obstacle);
    return evaluateCold(deps, work, obstacle);
  }
  const { residence, reason } = await deps.residences.decide(work, choice);
  if (residence === 'cold') {
    if (choice.mode === 'warm') throw warmRefused(reason);
    return evaluateCold(deps, work, reason);
  }
  const { files, versions } = work;
  const inputs = { residence, files, versions };
  const warm = (): Promise<Evaluated> =>
    fallBack(deps, work, choice, () =>
      evaluateWarm(deps.warm, work, choice, inputs, (trial) => Promise.resolve(trial)),
    );
  if (!choice.isVerified) return { ...(await warm()), modeReason: 'not verified, as asked' };
  const key = proofKey(work, choice, inputs);
  // Where others prove it, this trial's child may start meanwhile, if its card has room beside them.
  if (work.slots.strategy !== 'serial' && deps.proofs.isUnderWay(key))
    await prepareWarm(deps.warm, work, choice, inputs);
  for (;;) {
    const proof = await deps.proofs.find(key, aborted(work.signal));
    if (proof?.isEqual === true) return { ...(await warm()), modeReason: proof.reason };
    if (proof !== undefined) return evaluateCold(deps, work, proof.reason);
    if (subject.kind === 'model') {
      return evaluateCold(deps, work, 'no merge was compared on this node yet');
    }
    const evaluated = await deps.proofs.prove(key, () =>
      work.slots.hold(() => prove(deps, work, choice, inputs, key)),
    );
    if (evaluated !== undefined) return evaluated;
  }
}

async function findObstacle(
  deps: ChoosingDependencies,
  work: TrialWork,
  choice: EvaluatorChoice,
): Promise<string | undefined> {
  if (work.slots.strategy === 'spare')
    return 'a process that keeps its model merges where it evaluates, and --strategy spare keeps the two apart';
  const { subject, mergeOptions, evaluation } = work.input;
  const { python, mergekitYaml, lmEval } = deps.warm.tools;
  const folders = [python, mergekitYaml, lmEval].map((tool) => {
    const path = findTool(tool);
    return path === undefined ? undefined : dirname(path);
  });
  const isOneEnvironment = folders[0] !== undefined && new Set(folders).size === 1;
  const limit =
    whyNodeNotWarm({ versions: work.versions, isOneEnvironment }) ??
    whyNotWarm({ subject, mergeOptions, plan: evaluation });
  if (limit !== undefined || subject.kind === 'merge') return limit;
  return whyNoTwin(subject.model, choice.baseModel);
}

/** Evaluates in both ways, and stores whether every bit and every score is the same. */
async function prove(
  deps: ChoosingDependencies,
  work: TrialWork,
  choice: EvaluatorChoice,
  inputs: WarmInputs,
  key: string,
): Promise<Evaluated> {
  const attemptDir = join(work.attemptDir, 'warm');
  await mkdir(attemptDir, { mode: 0o700 });
  const cold = evaluateAlone(deps, work);
  // Where a slot is for one stage at a time, one after the other.
  if (work.slots.strategy === 'serial') await cold;
  const comparing = evaluateWarm(
    deps.warm,
    {
      ...{ ...work, attemptDir, slots: work.slots.beside() },
      input: { ...work.input, isCheckpointWanted: false },
    },
    choice,
    inputs,
    async (warm) => describeDifference(warm, await cold, work.folder.checkpointDir),
  );
  // Neither may be left running, whichever fails first.
  const [reference, compared] = await Promise.allSettled([cold, comparing]);
  if (reference.status === 'rejected') throw reference.reason;
  work.signal.throwIfAborted();
  const proof = toProof(deps.nodeId, work, compared);
  if (choice.mode === 'warm' && !proof.isEqual) throw warmRefused(proof.reason);
  // A failure may have been the machine's: it holds until the node starts again.
  const isFound =
    compared.status === 'fulfilled' || compared.reason instanceof WarmUnsupportedError;
  if (isFound) await deps.proofs.store(key, proof);
  else deps.proofs.remember(key, proof);
  const modeReason = proof.isEqual ? 'to prove that warm equals it' : proof.reason;
  return { ...reference.value, modeReason };
}

async function describeDifference(
  warm: WarmTrial,
  cold: Evaluated,
  checkpointDir: string,
): Promise<string | undefined> {
  const different = await warm.compareTo(checkpointDir);
  if (different[0] === undefined) return findDifference(warm.report, cold.report);
  return `${different.length} tensors differ, the first is ${different[0]}`;
}

function toProof(
  nodeId: string,
  { input }: TrialWork,
  compared: PromiseSettledResult<string | undefined>,
): WarmProof {
  const where = `trial ${input.trial} of ${input.sweep} on ${nodeId}`;
  if (compared.status === 'rejected') {
    const error: unknown = compared.reason;
    const message = error instanceof Error ? error.message : String(error);
    return { isEqual: false, reason: `${where} could not be evaluated warm: ${message}` };
  }
  return compared.value === undefined
    ? { isEqual: true, reason: `${where} gave the same bits and scores in both ways` }
    : { isEqual: false, reason: `${where} differed from its warm evaluation: ${compared.value}` };
}

/** What can't be done warm after all, for one candidate alone. */
async function fallBack(
  deps: ChoosingDependencies,
  work: TrialWork,
  choice: EvaluatorChoice,
  warm: () => Promise<Evaluated>,
): Promise<Evaluated> {
  try {
    return await warm();
  } catch (error) {
    if (!(error instanceof WarmUnsupportedError)) throw error;
    if (choice.mode === 'warm') throw warmRefused(error.message);
    return evaluateCold(deps, work, error.message);
  }
}

async function evaluateCold(
  deps: ChoosingDependencies,
  work: TrialWork,
  reason: string,
): Promise<Evaluated> {
  return { ...(await evaluateAlone(deps, work)), modeReason: reason };
}

/** Cold; in a slot for one stage at a time no kept model takes the card's memory meanwhile. */
function evaluateAlone({ cold, warm }: ChoosingDependencies, work: TrialWork): Promise<Evaluated> {
  return work.slots.hold(async () => {
    const { own } = work.slots;
    if (own?.cudaDevices !== undefined)
      await warm.places.run(work.signal, (place) => warm.children.drop(place.id), { sharing: own });
    return cold.evaluate(work);
  });
}

/** Which trials one proof is good for: same parents, settings and eval tasks, whatever the merge. */
function proofKey(
  { input, deviceClass }: TrialWork,
  choice: EvaluatorChoice,
  { files, versions }: WarmInputs,
): string {
  const { documents: _, ...evaluation } = input.evaluation;
  return hashJson({
    inputs: { files, versions },
    deviceClass,
    base: choice.baseModel,
    dtype: choice.dtype,
    // Which of the documents are scored makes no difference to how.
    evaluation: fingerprintEvaluation(evaluation),
  }).slice(0, 32);
}

function warmRefused(reason: string): StageFailedError {
  return new StageFailedError(
    'configuration',
    `evaluation.mode is warm, but ${reason}: set evaluation.mode to auto or cold.`,
  );
}
