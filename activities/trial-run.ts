import { join } from 'node:path';
import { mostBatchHalvings, StageFailedError, type TrialFailure } from '../src/errors.js';
import { childEnvironment } from '../src/external/child-environment.js';
import type { DiskLedger } from '../src/external/disk-ledger.js';
import { explainFullDisk, spaceForMerge } from '../src/external/disk-space.js';
import { workVariable } from '../src/external/marked-processes.js';
import { packReport } from '../src/external/packed-report.js';
import type { HubParents } from '../src/external/hub-parents.js';
import type { ParentReader } from '../src/external/parent-bytes.js';
import { createRedactor } from '../src/external/secrets.js';
import { toStageFailure } from '../src/external/system-failures.js';
import { readToolVersions } from '../src/external/tool-versions.js';
import { nothingAllowed } from '../src/preflight/permissions.js';
import { publishAttempt, readInputs, WorkFolder } from '../src/external/work-folder.js';
import type { RunTrialInput, RunTrialResult } from './contracts.js';
import type { Evaluator, StageProcess } from './evaluator.js';
import type { ProgressHeartbeat } from './progress-heartbeat.js';
import { withLocalModels } from './local-models.js';
import { fetchHubParents, requireParents } from './require-parents.js';
import type { NodeDependencies } from './run-trial.js';
import { CodeGuard } from './refuse-code.js';
import { refuseNode } from './refuse-node.js';
import type { HeldSeconds } from './held-seconds.js';
import { visibleCards, type Slot } from './slots.js';
import { TrialSlots, type CardWatch } from './trial-slots.js';

/** What the trials of a node share. */
export interface NodeTools {
  readonly evaluator: Evaluator;
  readonly parents: ParentReader;
  readonly hub: HubParents;
  readonly disk: DiskLedger;
  /** Absent on a CPU node. */
  readonly cardWatch?: CardWatch;
}

export interface AttemptOptions {
  readonly attempt: number;
  /** Cancelled, or its lease is used up. */
  readonly signal: AbortSignal;
  /** Counts the cards that it holds. */
  readonly cards: HeldSeconds;
  /** Throws when its lease is used up before it begins. */
  readonly requireLease: () => void;
  readonly isPrefetched: boolean;
}

/** One attempt of Temporal's at one trial: one of ours, or some with ever smaller batches. */
export class TrialRun {
  private readonly deps: NodeDependencies;
  private readonly evaluator: Evaluator;
  private readonly reader: ParentReader;
  private readonly hub: HubParents;
  private readonly disk: DiskLedger;
  private readonly input: RunTrialInput;
  /** With the folders of its Hub models: what tools get. */
  private local: RunTrialInput;
  private readonly heartbeat: ProgressHeartbeat;
  private readonly signal: AbortSignal;
  private readonly slots: TrialSlots;
  private readonly options: AttemptOptions;
  private readonly guard: CodeGuard;
  /** Number of the folder `attempt-<k>`. */
  private attempt: number;
  private batchSize: number;
  private logPath: string | undefined;
  /** What of its tools differs from those of the first score, where it may run all the same. */
  private otherTools: string | undefined;
  private parents: Readonly<Record<string, string>> = {};

  constructor(
    deps: NodeDependencies,
    { evaluator, parents, hub, disk, cardWatch }: NodeTools,
    input: RunTrialInput,
    heartbeat: ProgressHeartbeat,
    options: AttemptOptions,
  ) {
    this.deps = deps;
    this.evaluator = evaluator;
    this.reader = parents;
    this.hub = hub;
    this.disk = disk;
    this.input = input;
    this.local = input;
    this.heartbeat = heartbeat;
    const { signal, cards } = options;
    const isMergedOnCard = input.mergeOptions.cuda;
    this.signal = signal;
    this.slots = new TrialSlots(
      { ...deps, cardWatch },
      { signal, heartbeat, cards, isMergedOnCard },
    );
    this.options = options;
    this.attempt = options.attempt;
    this.batchSize = input.evaluation.batchSize;
    this.guard = new CodeGuard(deps.permissions ?? nothingAllowed, deps.env ?? process.env);
  }

  /** @throws StageFailedError; whatever the system threw; the signal's reason when aborted */
  async run(): Promise<RunTrialResult> {
    const { deps, input } = this;
    await this.guard.refuse(input);
    const versions = await readToolVersions(deps.tools);
    this.otherTools = refuseNode(input, { ...deps, versions });
    // The masks of a merge are drawn where it is made.
    const deviceClass = input.mergeOptions.cuda ? 'cuda' : 'cpu';
    this.guard.requireSafeTorch(input, versions);
    const { heartbeat, signal } = this;
    const node = deps.nodeId;
    const where = { heartbeat, signal, node };
    const snapshots = await fetchHubParents(this.hub, input, where);
    // Of those that were not here before.
    if (Object.keys(snapshots).length > 0) await this.guard.refuse(input);
    this.local = withLocalModels(input, snapshots);
    // Before anything of former bytes is cleared away.
    this.parents = await requireParents(this.reader, input, { ...where, snapshots });
    const inputs = readInputs(this.local, versions, deviceClass);
    const { ledgerId, sweep, trial } = input;
    const owner = { ledgerId, sweep, trial };
    const folder = await WorkFolder.open(deps.workRoot, input.workKey, inputs, owner);
    const known = await folder.readResult();
    if (known !== undefined) {
      await this.publish(folder.attemptDir(known.attempt));
      return known;
    }
    this.options.requireLease();
    for (;;) {
      try {
        return await this.evaluate(folder, { deviceClass, versions, files: inputs.files });
      } catch (error) {
        this.signal.throwIfAborted();
        const smaller = this.smallerBatch(error);
        this.heartbeat.noteFailure(this.describe(error));
        this.batchSize = smaller;
        this.attempt += 1;
      }
    }
  }

  private async evaluate(
    folder: WorkFolder,
    made: {
      readonly deviceClass: 'cpu' | 'cuda';
      readonly versions: Readonly<Record<string, string>>;
      readonly files: Readonly<Record<string, string>>;
    },
  ): Promise<RunTrialResult> {
    const { deps, input, batchSize } = this;
    const { attempt, path: attemptDir } = await folder.createAttempt(this.attempt);
    this.attempt = attempt;
    const planned = input.evaluation.batchSize;
    try {
      const evaluated = await this.evaluator.evaluate({
        input: { ...this.local, evaluation: { ...input.evaluation, batchSize } },
        folder,
        attemptDir,
        ...made,
        signal: this.signal,
        heartbeat: this.heartbeat,
        slots: this.slots,
        processOrder: (slot) => this.processOrder(slot),
        withSpace: (merge) => this.withSpace(attemptDir, merge),
        noteLog: (path) => {
          this.logPath = path;
        },
      });
      this.heartbeat.enter('collect');
      const { report, checkpoint, seconds, mode, modeReason } = evaluated;
      const used = evaluated.batchSize ?? batchSize;
      const { failures, gpuSeconds } = this.heartbeat;
      const { slot, waitSeconds } = this.slots;
      const result: RunTrialResult = {
        report: packReport(report),
        ...(checkpoint === undefined ? {} : { checkpoint }),
        node: deps.nodeId,
        attempt,
        seconds,
        waitSeconds,
        gpuSeconds,
        isPrefetched: this.options.isPrefetched,
        ...(slot === undefined ? {} : { slot }),
        mode,
        modeReason: [
          modeReason,
          ...(used === planned ? [] : [describeBatch(used, planned)]),
          ...this.slots.strangers,
          ...(this.otherTools === undefined ? [] : [this.otherTools]),
        ].join('; '),
        ...(used === planned ? {} : { batchSize: used }),
        ...(failures.length === 0 ? {} : { failures }),
        ...(input.sources === undefined ? {} : { parents: this.parents }),
        deviceClass: made.deviceClass,
        versions: made.versions,
        workDir: folder.path,
      };
      await folder.writeResult(result);
      return result;
    } catch (error) {
      const failure = toStageFailure(error);
      if (failure.failureClass !== 'disk_full') throw error;
      await folder.dropOutputs(attempt);
      const { subject } = this.local;
      throw await explainFullDisk(
        failure,
        folder.path,
        subject.kind === 'merge' ? subject.recipe : undefined,
      );
    } finally {
      // After a failure too: its logs are what a person needs.
      await this.publish(attemptDir);
    }
  }

  /** What to try next, when the evaluation needed too much memory. @throws the error when nothing is left */
  private smallerBatch(error: unknown): number {
    const planned = this.input.evaluation.batchSize;
    const isOfEvaluation =
      error instanceof StageFailedError &&
      error.failureClass === 'out_of_memory' &&
      this.heartbeat.stage === 'evaluate' &&
      !error.isFinal;
    if (!isOfEvaluation || planned === 1) throw error;
    const smaller = Math.floor(this.batchSize / 2);
    const least = Math.max(1, Math.floor(planned / 2 ** mostBatchHalvings));
    if (smaller >= least) return smaller;
    const { message, logTail } = error;
    throw new StageFailedError(
      'out_of_memory',
      `${message} It was tried with batch sizes from ${planned} down to ${this.batchSize}.`,
      { cause: error, isFinal: true, ...(logTail === undefined ? {} : { logTail }) },
    );
  }

  private async withSpace<T>(attemptDir: string, merge: () => Promise<T>): Promise<T> {
    const { subject, limits, workKey } = this.local;
    if (subject.kind !== 'merge') return merge();
    const order = {
      workKey,
      bytes: await spaceForMerge(subject.recipe),
      target: join(attemptDir, 'checkpoint.partial'),
      longestWaitMs: limits.mergeMinutes * 60_000,
      signal: this.signal,
      onWait: (what: string) => {
        this.heartbeat.report({ activity: `waiting: ${what}`, percent: 0 });
      },
    };
    return this.disk.during(order, merge);
  }

  private processOrder(slot: Slot): StageProcess {
    const { deps, input } = this;
    const env = childEnvironment(deps.env ?? process.env, deps.threadsPerChild, {
      ...showCards(slot),
      [workVariable]: join(deps.workRoot, input.workKey),
      // What no look at the files can foresee, torch itself refuses.
      ...(this.guard.allowsPickle(input) ? {} : { TORCH_FORCE_WEIGHTS_ONLY_LOAD: '1' }),
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

  describe(error: unknown): TrialFailure {
    const redact = createRedactor(this.deps.env ?? process.env);
    const failure = toStageFailure(error, this.deps.workRoot);
    const { batchSize } = this;
    const isSmaller = batchSize !== this.input.evaluation.batchSize;
    const isTooLarge =
      failure.failureClass === 'out_of_memory' && this.heartbeat.stage === 'evaluate';
    return {
      class: failure.failureClass,
      reason: redact(failure.message).slice(0, 2000),
      stage: this.heartbeat.stage,
      attempt: this.attempt,
      node: this.deps.nodeId,
      ...(this.logPath === undefined ? {} : { logPath: this.logPath }),
      ...(failure.logTail === undefined ? {} : { logTail: redact(failure.logTail) }),
      ...(isSmaller || isTooLarge ? { batchSize } : {}),
      gpuSeconds: this.heartbeat.gpuSeconds,
    };
  }
}

const describeBatch = (used: number, planned: number): string =>
  `batch size ${used}, since ${planned} needed too much memory`;

/** CUDA counts by speed unless it is told to count as nvidia-smi does, where the numbers come from. */
function showCards(slot: Slot): Readonly<Record<string, string>> {
  const cards = visibleCards(slot);
  return cards === '' ? {} : { CUDA_VISIBLE_DEVICES: cards, CUDA_DEVICE_ORDER: 'PCI_BUS_ID' };
}
