import { join } from 'node:path';
import type { ToolCommands } from '../src/config.js';
import { runEvaluation } from '../src/external/lm-eval.js';
import { runMerge } from '../src/external/mergekit.js';
import type { CheckpointManifest } from './contracts.js';
import { secondsSince, type Evaluated, type Evaluator, type TrialWork } from './evaluator.js';
import type { Slot } from './slots.js';

export interface ColdDependencies {
  readonly tools: ToolCommands;
}

/** A fresh mergekit-yaml, a checkpoint on disk, a fresh lm_eval: the reference, and the fallback. */
export function createColdEvaluator(deps: ColdDependencies): Evaluator {
  return {
    evaluate: (work): Promise<Evaluated> => work.slots.hold(() => evaluateCold(deps, work)),
  };
}

async function evaluateCold(deps: ColdDependencies, work: TrialWork): Promise<Evaluated> {
  const merge = await mergeToDisk(deps, work);
  const { input, attemptDir, folder } = work;
  const { subject, evaluation, limits } = input;
  work.heartbeat.enter('queued');
  const { reading, seconds } = await work.slots.evaluate(async (slot) => {
    work.heartbeat.enter('evaluate');
    work.noteLog(join(attemptDir, 'evaluate.log'));
    const start = performance.now();
    let tellEnd = (): void => undefined;
    const programsEnd = new Promise<void>((resolve) => {
      tellEnd = resolve;
    });
    const reading = runEvaluation({
      command: deps.tools.lmEval,
      plan: evaluation,
      modelPath: subject.kind === 'model' ? subject.model : folder.checkpointDir,
      attemptDir,
      timeoutMs: limits.evaluateMinutes * 60_000,
      onProgramsEnd: () => {
        tellEnd();
      },
      ...work.processOrder(slot),
    });
    // There can be much to read: meanwhile the next trial has the slot.
    await Promise.race([programsEnd, reading]);
    return { reading, seconds: { merge: merge.seconds, evaluate: secondsSince(start) } };
  });
  return {
    report: await reading,
    ...(merge.checkpoint === undefined ? {} : { checkpoint: merge.checkpoint }),
    seconds,
    mode: 'cold',
    modeReason: 'evaluation.mode is cold',
  };
}

async function mergeToDisk(
  deps: ColdDependencies,
  work: TrialWork,
): Promise<{ checkpoint?: CheckpointManifest; seconds: number }> {
  const { subject, mergeOptions, limits, holder } = work.input;
  if (subject.kind === 'model') return { seconds: 0 };
  const made =
    (await work.folder.readCheckpoint()) ??
    (holder && (await work.folder.adoptCheckpoint(holder.workKey, work.attemptDir)));
  if (made !== undefined) return { checkpoint: made, seconds: 0 };
  const merge = async (slot: Slot) => {
    work.heartbeat.enter('merge');
    work.noteLog(join(work.attemptDir, 'merge.log'));
    const start = performance.now();
    const checkpoint = await runMerge({
      command: deps.tools.mergekitYaml,
      recipe: subject.recipe,
      mergeOptions,
      deviceClass: work.deviceClass,
      attemptDir: work.attemptDir,
      checkpointDir: work.folder.checkpointDir,
      timeoutMs: limits.mergeMinutes * 60_000,
      ...work.processOrder(slot),
    });
    return { checkpoint, seconds: secondsSince(start) };
  };
  // Before its slot: what frees space may need that.
  return work.withSpace(() => work.slots.merge(merge));
}
