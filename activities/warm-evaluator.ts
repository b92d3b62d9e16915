import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ToolCommands } from '../src/config.js';
import { fingerprintRecipe } from '../src/merge/fingerprint.js';
import { planCalls } from '../src/evaluation/calls.js';
import { selectDocuments } from '../src/evaluation/document-share.js';
import type { EvalReport } from '../src/evaluation/eval-report.js';
import { keptModelArguments } from '../src/evaluation/warm-limits.js';
import { joinReports, readOutput } from '../src/external/lm-eval-output.js';
import { requireFreeSpace } from '../src/external/disk-space.js';
import { publishCheckpoint } from '../src/external/mergekit.js';
import { workVariable } from '../src/external/marked-processes.js';
import { requireTool } from '../src/external/find-tool.js';
import type { WarmChild, WarmRequest } from '../src/external/warm-child.js';
import type { WarmChildren } from '../src/external/warm-children.js';
import { renderMergekitConfig } from '../src/merge/merge-config.js';
import type { CheckpointManifest, EvaluatorChoice } from './contracts.js';
import { secondsSince, type Evaluated, type TrialWork } from './evaluator.js';
import type { Slot, SlotPool } from './slots.js';

export interface WarmDependencies {
  readonly tools: ToolCommands;
  readonly children: WarmChildren;
  /** A child each: one more than evaluations at once, where the next merge runs beside them. */
  readonly places: SlotPool;
  /** Absolute path of the folder that holds the Python package `mergesweep_warm`. */
  readonly pythonPath: string;
}

/** What a child's memory depends on beside its settings. */
export interface WarmInputs {
  /** Size and time of change of every file of models and eval tasks, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  /** Whether the child holds the parents' tensors or maps them. */
  readonly residence: 'ram' | 'mapped';
}

/** What a warm evaluation of a trial still can be asked, while its child is held. */
export interface WarmTrial extends Evaluated {
  /** Names of the checkpoint's tensors whose bits are not those that were evaluated. */
  compareTo(checkpointDir: string): Promise<readonly string[]>;
}

/**
 * Merges and evaluates in a child that keeps parents, model and requests in memory; `use` is called
 * while the child still holds this trial's weights.
 * @throws StageFailedError; WarmUnsupportedError where only the cold way can do it
 */
export async function evaluateWarm<T>(
  deps: WarmDependencies,
  work: TrialWork,
  choice: EvaluatorChoice,
  inputs: WarmInputs,
  use: (trial: WarmTrial) => Promise<T>,
): Promise<T> {
  const { slots } = work;
  work.heartbeat.enter('queued');
  return slots.hold(() =>
    slots.take('merge', deps.places, (place) => evaluateAt(place), slots.own),
  );

  async function evaluateAt(place: Slot): Promise<T> {
    const run = await WarmRun.start(deps, work, choice, inputs, place);
    const merge = await run.takeWeights();
    const { report, seconds, batchSize } = await run.evaluate();
    const checkpoint = await run.save();
    return use({
      report,
      ...(checkpoint === undefined ? {} : { checkpoint }),
      seconds: { merge, evaluate: seconds },
      mode: 'warm',
      modeReason: '',
      ...(batchSize === work.input.evaluation.batchSize ? {} : { batchSize }),
      compareTo: (checkpointDir) => run.compareTo(checkpointDir),
    });
  }
}

/**
 * Starts a child for the trial, so that it is there when the trial may be evaluated. A child that can't
 * be started is the evaluation's to report.
 */
export async function prepareWarm(
  deps: WarmDependencies,
  work: TrialWork,
  choice: EvaluatorChoice,
  inputs: WarmInputs,
): Promise<void> {
  try {
    await deps.places.run(work.signal, (place) => WarmRun.start(deps, work, choice, inputs, place));
  } catch {
    work.signal.throwIfAborted();
  }
}

class WarmRun {
  private readonly work: TrialWork;
  private readonly place: Slot;
  private readonly child: WarmChild;

  private constructor(work: TrialWork, place: Slot, child: WarmChild) {
    this.work = work;
    this.place = place;
    this.child = child;
  }

  static async start(
    deps: WarmDependencies,
    work: TrialWork,
    choice: EvaluatorChoice,
    inputs: WarmInputs,
    place: Slot,
  ): Promise<WarmRun> {
    const { input, attemptDir } = work;
    const { env, graceMs, stallMs, signal } = work.processOrder(place);
    const workRoot = dirname(work.folder.path);
    const cache = join(workRoot, '.lm-eval-cache');
    work.noteLog(join(attemptDir, 'start.log'));
    work.heartbeat.enter('evaluate');
    const child = await deps.children.take(place.id, {
      settings: {
        init: initParameters(work, choice, inputs),
        inputs,
      },
      child: {
        python: requireTool(deps.tools.python, env),
        cwd: input.evaluation.cwd ?? workRoot,
        // Its caches are keyed by task, not by model or data: one child, one folder.
        env: {
          ...env,
          // It serves many trials.
          [workVariable]: join(workRoot, 'warm', place.id),
          PYTHONPATH: deps.pythonPath,
          LM_HARNESS_CACHE_PATH: join(cache, place.id),
        },
        ...(graceMs === undefined ? {} : { graceMs }),
      },
      start: {
        logPath: join(attemptDir, 'start.log'),
        stallMs,
        timeoutMs: input.limits.mergeMinutes * 60_000,
        signal,
      },
    });
    return new WarmRun(work, place, child);
  }

  /** Merges, or takes a model's weights as they are; returns seconds. */
  async takeWeights(): Promise<number> {
    const { input, attemptDir } = this.work;
    const { subject } = input;
    return this.work.slots.merge(async () => {
      this.work.heartbeat.enter('merge');
      const start = performance.now();
      if (subject.kind === 'model') {
        await this.request('load', 'merge', { model: subject.model, weights: this.weights });
      } else {
        const config = renderMergekitConfig(subject.recipe);
        await writeFile(join(attemptDir, 'merge.yaml'), config, { mode: 0o600 });
        const { seed } = subject.recipe;
        await this.request('merge', 'merge', { config, seed, weights: this.weights });
      }
      return secondsSince(start);
    }, this.place);
  }

  /** Out of memory: the child itself tries smaller batches, without loading anything again. */
  async evaluate(): Promise<{ report: EvalReport; seconds: number; batchSize: number }> {
    const { work } = this;
    const { evaluation } = work.input;
    work.heartbeat.enter('queued');
    const run = async () => {
      work.heartbeat.enter('evaluate');
      const start = performance.now();
      const parts: EvalReport[] = [];
      let { batchSize } = evaluation;
      for (const [index, call] of planCalls(evaluation).entries()) {
        const out = join(work.attemptDir, `evaluation-${index + 1}`, 'output');
        await mkdir(out, { recursive: true });
        const used = await this.request<{ batchSize: number }>('evaluate', 'evaluate', {
          weights: this.weights,
          tasks: [...new Set(call.tasks.map(({ name }) => name))],
          numFewshot: call.numFewshot ?? null,
          limit: call.limit ?? null,
          documents:
            evaluation.documents === undefined ? null : selectDocuments(evaluation.documents),
          out,
        });
        parts.push(await readOutput(out, call));
        batchSize = Math.min(batchSize, used.batchSize);
      }
      return { report: joinReports(evaluation, parts), seconds: secondsSince(start), batchSize };
    };
    return work.slots.evaluate(run, this.place);
  }

  /** Writes the merge to disk where it is wanted there. */
  async save(): Promise<CheckpointManifest | undefined> {
    const { input, attemptDir, folder, signal } = this.work;
    const { subject } = input;
    if (subject.kind !== 'merge' || input.isCheckpointWanted !== true) return undefined;
    const made = await folder.readCheckpoint();
    if (made !== undefined) return made;
    const save = async (): Promise<CheckpointManifest> => {
      const { recipe } = subject;
      const partial = join(attemptDir, 'checkpoint.partial');
      await requireFreeSpace(recipe, attemptDir);
      const config = renderMergekitConfig(recipe);
      try {
        await this.request('save', 'merge', { config, seed: recipe.seed, out: partial });
        const { checkpointDir } = folder;
        const { baseModel } = recipe;
        return await publishCheckpoint({ partial, checkpointDir, baseModel, signal });
      } finally {
        await rm(partial, { recursive: true, force: true });
      }
    };
    // Before its slot: what frees space may need that.
    return this.work.withSpace(() => this.work.slots.merge(save, this.place));
  }

  async compareTo(checkpointDir: string): Promise<readonly string[]> {
    const reply = await this.request<{ different: string[] }>('compare', 'collect', {
      checkpoint: checkpointDir,
    });
    return reply.different;
  }

  private request<Result = unknown>(
    op: WarmRequest['op'],
    stage: WarmRequest['stage'],
    params: WarmRequest['params'],
  ) {
    const { attemptDir, input } = this.work;
    const { mergeMinutes, evaluateMinutes } = input.limits;
    const logPath = join(attemptDir, `${op}.log`);
    this.work.noteLog(logPath);
    return this.child.request<Result>({
      ...this.work.processOrder(this.place),
      op,
      stage,
      params,
      logPath,
      timeoutMs: (op === 'evaluate' ? evaluateMinutes : mergeMinutes) * 60_000,
    });
  }

  /** Names what the model holds, so that nothing is scored for something else. */
  private get weights(): string {
    const { subject } = this.work.input;
    return subject.kind === 'merge' ? fingerprintRecipe(subject.recipe) : subject.model;
  }
}

function initParameters(
  { input, deviceClass }: TrialWork,
  choice: EvaluatorChoice,
  { residence }: WarmInputs,
) {
  const { evaluation, mergeOptions } = input;
  return {
    base: choice.baseModel,
    modelArgs: keptModelArguments(evaluation, choice.dtype),
    batchSize: evaluation.batchSize,
    device: evaluation.device ?? null,
    includePath: evaluation.includePath ?? null,
    args: evaluation.args,
    parents: residence,
    mergeOptions:
      deviceClass === 'cuda' ? { cuda: true, low_cpu_memory: mergeOptions.lowCpuMemory } : {},
  };
}
