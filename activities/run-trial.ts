import { join } from 'node:path';
import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ToolCommands } from '../src/config.js';
import {
  isRetryable,
  MergesweepError,
  MissingToolError,
  StageFailedError,
  type TrialFailure,
} from '../src/errors.js';
import { childEnvironment } from '../src/external/child-environment.js';
import { packReport } from '../src/external/packed-report.js';
import { createRedactor } from '../src/external/secrets.js';
import { readToolVersions } from '../src/external/tool-versions.js';
import { WarmProofs } from '../src/external/warm-proofs.js';
import { publishAttempt, readInputs, WorkFolder } from '../src/external/work-folder.js';
import type {
  NodeActivities,
  NodeAdminActivities,
  RunTrialInput,
  RunTrialResult,
  TrialProgress,
} from './contracts.js';
import { createChoosingEvaluator } from './choose-evaluator.js';
import { createColdEvaluator } from './cold-evaluator.js';
import type { Evaluator, StageProcess } from './evaluator.js';
import { ProgressHeartbeat } from './progress-heartbeat.js';
import { createReleaseCheckpoint } from './release-checkpoint.js';
import { Residences } from './residence.js';
import { requireRunTrialInput } from './run-trial-input-schema.js';
import type { Slot, SlotPool } from './slots.js';
import type { WarmDependencies } from './warm-evaluator.js';

export interface NodeDependencies {
  readonly nodeId: string;
  /** Absolute; this node's alone. */
  readonly workRoot: string;
  /** The results folder, where the node shares a file system with it: logs and samples are copied there. */
  readonly publishRoot?: string;
  readonly tools: ToolCommands;
  /** What the node has. */
  readonly deviceClass: 'cpu' | 'cuda';
  /** One slot: the next merge runs beside this evaluation. */
  readonly mergePool: SlotPool;
  /** One slot per evaluation at once. */
  readonly gpuPool: SlotPool;
  /** Absent: every trial is evaluated cold. */
  readonly warm?: Pick<WarmDependencies, 'children' | 'places' | 'pythonPath'>;
  readonly threadsPerChild: number;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Between TERM and KILL, ms. @default 10000 */
  readonly graceMs?: number;
  /** Added to every tool's environment, e.g. for tests. */
  readonly extraEnv?: Readonly<Record<string, string>>;
}

export function createNodeActivities(deps: NodeDependencies): NodeActivities & NodeAdminActivities {
  const running: RunningWork = new Map();
  const releaseCheckpoint = createReleaseCheckpoint(deps);
  const evaluator = createEvaluator(deps);
  return {
    runTrial: (input) => runAttempt(deps, evaluator, running, input),
    releaseCheckpoint: async (order) => {
      // Another trial of equal work is at it: its own release will come.
      if (!running.has(order.workKey)) await releaseCheckpoint(order);
    },
  };
}

function createEvaluator(deps: NodeDependencies): Evaluator {
  const { nodeId, workRoot, warm, tools, mergePool, gpuPool } = deps;
  const cold = createColdEvaluator(deps);
  if (warm === undefined) return cold;
  return createChoosingEvaluator({
    nodeId,
    cold,
    warm: { ...warm, tools, mergePool, gpuPool },
    proofs: new WarmProofs(workRoot),
    residences: new Residences(warm.places.size, deps.deviceClass),
  });
}

/** Work that goes on in this process, by key, until it settles. */
type RunningWork = Map<string, Promise<void>>;

async function runAttempt(
  deps: NodeDependencies,
  evaluator: Evaluator,
  running: RunningWork,
  input: RunTrialInput,
): Promise<RunTrialResult> {
  const context = Context.current();
  const beat = (progress: TrialProgress): void => {
    context.heartbeat(progress);
  };
  const timeoutMs = context.info.heartbeatTimeoutMs;
  const heartbeat = new ProgressHeartbeat(deps.nodeId, beat, { timeoutMs });
  const trial = new TrialRun(deps, evaluator, input, heartbeat, context.cancellationSignal);
  try {
    requireRunTrialInput(input);
    return await runAlone(running, input.workKey, context.cancelled, () =>
      trial.run(context.info.attempt),
    );
  } catch (error) {
    // The processes are gone by now; what Temporal wants to see is its own failure.
    if (context.cancellationSignal.aborted) return await context.cancelled;
    const failure = trial.describe(error, context.info.attempt);
    throw ApplicationFailure.create({
      type: failure.class,
      message: failure.reason,
      nonRetryable: !isRetryable(failure.class),
      details: [failure],
    });
  } finally {
    heartbeat.stop();
  }
}

/** A second attempt at equal work waits for the first, and then finds its result. */
async function runAlone<T>(
  running: RunningWork,
  workKey: string,
  cancelled: Promise<never>,
  work: () => Promise<T>,
): Promise<T> {
  for (let other = running.get(workKey); other !== undefined; other = running.get(workKey)) {
    await Promise.race([other, cancelled]);
  }
  const result = work();
  running.set(
    workKey,
    result.then(
      () => undefined,
      () => undefined,
    ),
  );
  try {
    return await result;
  } finally {
    running.delete(workKey);
  }
}

/** One attempt at one trial. */
class TrialRun {
  private readonly deps: NodeDependencies;
  private readonly evaluator: Evaluator;
  private readonly input: RunTrialInput;
  private readonly heartbeat: ProgressHeartbeat;
  private readonly signal: AbortSignal;
  private logPath: string | undefined;

  constructor(
    deps: NodeDependencies,
    evaluator: Evaluator,
    input: RunTrialInput,
    heartbeat: ProgressHeartbeat,
    signal: AbortSignal,
  ) {
    this.deps = deps;
    this.evaluator = evaluator;
    this.input = input;
    this.heartbeat = heartbeat;
    this.signal = signal;
  }

  async run(attempt: number): Promise<RunTrialResult> {
    const { deps, input } = this;
    const deviceClass = this.mergeDeviceClass();
    const versions = await readToolVersions(deps.tools);
    const inputs = readInputs(input, versions, deviceClass);
    const folder = await WorkFolder.open(deps.workRoot, input.workKey, inputs);
    const known = await folder.readResult();
    if (known !== undefined) {
      await this.publish(folder.attemptDir(known.attempt));
      return known;
    }
    const { attempt: k, path: attemptDir } = await folder.createAttempt(attempt);
    try {
      const evaluated = await this.evaluator.evaluate({
        input,
        folder,
        attemptDir,
        deviceClass,
        versions,
        files: inputs.files,
        signal: this.signal,
        heartbeat: this.heartbeat,
        processOrder: (slot) => this.processOrder(slot),
        noteLog: (path) => {
          this.logPath = path;
        },
      });
      this.heartbeat.enter('collect');
      const { report, checkpoint, seconds, mode, modeReason } = evaluated;
      const result: RunTrialResult = {
        report: packReport(report),
        ...(checkpoint === undefined ? {} : { checkpoint }),
        node: deps.nodeId,
        attempt: k,
        seconds,
        mode,
        modeReason,
        deviceClass,
        versions,
        workDir: folder.path,
      };
      await folder.writeResult(result);
      return result;
    } finally {
      // After a failure too: its logs are what a person needs.
      await this.publish(attemptDir);
    }
  }

  /** Which device the sweep's merges are made, and their masks drawn, on. */
  private mergeDeviceClass(): 'cpu' | 'cuda' {
    const { deviceClass, nodeId } = this.deps;
    const wantsGpu = this.input.mergeOptions.cuda;
    if (wantsGpu && deviceClass !== 'cuda') {
      throw new StageFailedError(
        'configuration',
        `Expected a node with CUDA since merge.cuda is set, got the CPU node ${nodeId}: ` +
          'set merge.cuda: false, or run the sweep on GPU nodes.',
      );
    }
    return wantsGpu ? 'cuda' : 'cpu';
  }

  private processOrder(slot: Slot): StageProcess {
    const { deps, input } = this;
    const env = childEnvironment(deps.env ?? process.env, deps.threadsPerChild, {
      ...(slot.cudaDevice === undefined ? {} : { CUDA_VISIBLE_DEVICES: slot.cudaDevice }),
      MERGESWEEP_WORK: `${deps.nodeId}/${input.workKey}`,
      ...deps.extraEnv,
    });
    return {
      env,
      stallMs: input.limits.stallMinutes * 60_000,
      ...(deps.graceMs === undefined ? {} : { graceMs: deps.graceMs }),
      signal: this.signal,
      onProgress: (progress: { activity: string; percent: number }) => {
        this.heartbeat.report(progress);
      },
    };
  }

  private async publish(attemptDir: string): Promise<void> {
    const { publishRoot } = this.deps;
    if (publishRoot === undefined) return;
    const { sweep, trial } = this.input;
    // A copy for people: that it can't be made (another disk is full) must not undo a trial.
    await publishAttempt(attemptDir, join(publishRoot, sweep, 'trials', trial)).catch(
      () => undefined,
    );
  }

  describe(error: unknown, attempt: number): TrialFailure {
    const redact = createRedactor(this.deps.env ?? process.env);
    const stageError = error instanceof StageFailedError ? error : undefined;
    return {
      class: classify(error),
      reason: redact(error instanceof Error ? error.message : String(error)).slice(0, 2000),
      stage: this.heartbeat.stage,
      attempt,
      node: this.deps.nodeId,
      ...(this.logPath === undefined ? {} : { logPath: this.logPath }),
      ...(stageError?.logTail === undefined ? {} : { logTail: redact(stageError.logTail) }),
    };
  }
}

function classify(error: unknown): TrialFailure['class'] {
  if (error instanceof StageFailedError) return error.failureClass;
  if (error instanceof MissingToolError) return 'tool_missing';
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code === 'ENOSPC' || code === 'EDQUOT') return 'disk_full';
  return error instanceof MergesweepError ? 'configuration' : 'crash';
}
