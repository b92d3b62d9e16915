import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ToolCommands } from '../src/config.js';
import {
  isRetryable,
  retryDelayMs,
  sparedLosses,
  StageFailedError,
  type TrialFailure,
} from '../src/errors.js';
import { CardOccupancy } from '../src/external/card-memory.js';
import { DiskLedger } from '../src/external/disk-ledger.js';
import { HubParents } from '../src/external/hub-parents.js';
import { ParentReader } from '../src/external/parent-bytes.js';
import { WarmProofs } from '../src/external/warm-proofs.js';
import { aborted } from './aborted.js';
import type {
  NodeActivities,
  NodeAdminActivities,
  RunTrialInput,
  RunTrialResult,
  TrialProgress,
  TrialUse,
} from './contracts.js';
import { createChoosingEvaluator } from './choose-evaluator.js';
import { createColdEvaluator } from './cold-evaluator.js';
import type { Evaluator } from './evaluator.js';
import { HeldSeconds } from './held-seconds.js';
import { LeaseGuard, sumGpuSeconds } from './lease-guard.js';
import { ProgressHeartbeat } from './progress-heartbeat.js';
import { isNodeRefused } from './refuse-node.js';
import { createReleaseCheckpoint } from './release-checkpoint.js';
import { Residences } from './residence.js';
import type { Permissions } from '../src/preflight/permissions.js';
import { handedBack, type TakenTrials } from './taken-trials.js';
import { requireRunTrialInput } from './run-trial-input-schema.js';
import { TrialRun, type NodeTools } from './trial-run.js';
import type { CardWatch, SlotDependencies } from './trial-slots.js';
import type { WarmDependencies } from './warm-evaluator.js';

export interface NodeDependencies extends Omit<SlotDependencies, 'cardWatch'> {
  readonly nodeId: string;
  /** Absolute; this node's alone. */
  readonly workRoot: string;
  /** The results folder, where the node shares a file system with it: logs and samples are copied there. */
  readonly publishRoot?: string;
  /** Bytes that the work folder may hold. @default what the disk has */
  readonly diskQuotaBytes?: number | undefined;
  readonly tools: ToolCommands;
  /** What the node has. */
  readonly deviceClass: 'cpu' | 'cuda';
  /** Absent: every trial is evaluated cold. */
  readonly warm?: Pick<WarmDependencies, 'children' | 'places' | 'pythonPath'>;
  readonly threadsPerChild: number;
  /** Told of every trial while it is here. */
  readonly taken?: TakenTrials;
  /** What may run as code here, by model. @default nothing */
  readonly permissions?: Permissions;
  /** @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Between TERM and KILL, ms. @default 10000 */
  readonly graceMs?: number;
  /** Added to every tool's environment, e.g. for tests. */
  readonly extraEnv?: Readonly<Record<string, string>>;
  /** Told with each heartbeat. */
  readonly onProgress?: ((input: RunTrialInput, progress: TrialProgress) => void) | undefined;
}

export function createNodeActivities(deps: NodeDependencies): NodeActivities & NodeAdminActivities {
  const running: RunningWork = new Map();
  const releaseCheckpoint = createReleaseCheckpoint(deps);
  const shared: NodeTools = {
    evaluator: createEvaluator(deps),
    parents: new ParentReader(deps.workRoot, deps.env ?? process.env),
    hub: new HubParents({
      workRoot: deps.workRoot,
      python: deps.tools.python,
      env: { ...(deps.env ?? process.env), ...deps.extraEnv },
    }),
    disk: new DiskLedger({
      workRoot: deps.workRoot,
      quotaBytes: deps.diskQuotaBytes,
      isRunning: (workKey) => running.has(workKey),
      countRunning: () => running.size,
    }),
    ...(deps.deviceClass === 'cuda' ? { cardWatch: createCardWatch(deps, running) } : {}),
  };
  return {
    runTrial: (input) => runAttempt(deps, shared, running, input),
    releaseCheckpoint: async (order) => {
      // Another trial of equal work is at it: its own release will come.
      if (!running.has(order.workKey)) await releaseCheckpoint(order);
    },
  };
}

function createEvaluator(deps: NodeDependencies): Evaluator {
  const { nodeId, workRoot, warm, tools } = deps;
  const cold = createColdEvaluator(deps);
  if (warm === undefined) return cold;
  return createChoosingEvaluator({
    nodeId,
    cold,
    warm: { ...warm, tools },
    proofs: new WarmProofs(workRoot),
    // One more than slots where the next merge has a process of its own; planned for that in any case.
    residences: new Residences(deps.gpuPool.size + 1, deps.deviceClass),
  });
}

function createCardWatch(deps: NodeDependencies, running: RunningWork): CardWatch {
  const { workRoot, warm, env = process.env } = deps;
  return new CardOccupancy({
    workRoot,
    env,
    isRunning: (work) =>
      running.has(work) || warm?.children.has(work.replace(/^warm[/]/, '')) === true,
  });
}

/** Work that goes on in this process, by key, until it settles. */
type RunningWork = Map<string, Promise<void>>;

async function runAttempt(
  deps: NodeDependencies,
  shared: NodeTools,
  running: RunningWork,
  input: RunTrialInput,
): Promise<RunTrialResult> {
  const context = Context.current();
  requireOwnTrial(input, { attempt: context.info.attempt, node: deps.nodeId });
  const { attempt, heartbeatTimeoutMs: timeoutMs } = context.info;
  const failures = readFailures(context.info.heartbeatDetails as unknown, attempt);
  // Those of attempts before told what other nodes had used, too.
  const { gpuSeconds: elsewhere = 0, sinceMs = context.info.scheduledTimestampMs } =
    failures.length === 0 ? (input.used ?? {}) : { sinceMs: input.used?.sinceMs };
  const cards = new HeldSeconds();
  const earlierGpuSeconds = elsewhere + sumGpuSeconds(failures);
  const lease = new LeaseGuard(input.lease ?? {}, {
    ...{ cards, earlierGpuSeconds },
    earlierWallSeconds: Math.max(0, (Date.now() - sinceMs) / 1000),
  });
  const { cancellationSignal } = context;
  const handBack = new AbortController();
  const signal = AbortSignal.any([cancellationSignal, lease.signal, handBack.signal]);
  const beat = (progress: TrialProgress): void => {
    context.heartbeat(progress);
    deps.onProgress?.(input, progress);
  };
  const countGpuSeconds = (): number => elsewhere + cards.total;
  const heartbeat = new ProgressHeartbeat(deps.nodeId, beat, {
    ...{ timeoutMs, countGpuSeconds, failures },
  });
  const requireLease = (): void => {
    lease.requireLeft();
  };
  const isPrefetched = running.size >= deps.gpuPool.size;
  const options = { attempt, signal, cards, requireLease, isPrefetched };
  const trial = new TrialRun(deps, shared, input, heartbeat, options);
  const countUse = (): TrialUse => ({ gpuSeconds: earlierGpuSeconds + cards.total, sinceMs });
  const forget = deps.taken?.add({
    ...{ input, countUse },
    hasBegun: () => heartbeat.hasBegun,
    handBack: (why) => {
      handBack.abort(new Error(why));
    },
  });
  try {
    return await runAlone(running, input.workKey, signal, () => trial.run());
  } catch (error) {
    // The processes are gone by now; what Temporal wants to see is its own failure.
    if (cancellationSignal.aborted) return await context.cancelled;
    if (isNodeRefused(error)) throw error;
    if (handBack.signal.aborted)
      throw handedBack(input.trial, (handBack.signal.reason as Error).message, countUse());
    const failure = trial.describe(error);
    const earlier = heartbeat.failures;
    heartbeat.noteEnd(failure);
    const losses = earlier.filter((each) => each.class === 'node_lost').length;
    const isFinal =
      (error instanceof StageFailedError && error.isFinal) ||
      attempt - Math.min(losses, sparedLosses) >= input.maxAttempts;
    throw ApplicationFailure.create({
      type: failure.class,
      message: failure.reason,
      nonRetryable: isFinal || !isRetryable(failure.class),
      nextRetryDelay: retryDelayMs(attempt),
      details: [{ ...failure, ...(earlier.length === 0 ? {} : { earlier }) }, countUse()],
    });
  } finally {
    forget?.();
    lease.stop();
    heartbeat.stop();
  }
}

/** What the network brings comes to nothing here, unless one of our coordinators could have sent it. */
function requireOwnTrial(input: unknown, where: Pick<TrialFailure, 'attempt' | 'node'>): void {
  try {
    requireRunTrialInput(input);
  } catch (error) {
    if (!(error instanceof StageFailedError)) throw error;
    const { failureClass: type, message } = error;
    const failure: TrialFailure = { class: type, reason: message, stage: 'queued', ...where };
    throw ApplicationFailure.create({ type, message, nonRetryable: true, details: [failure] });
  }
}

/** How the attempts before this one ended, as the last heartbeat of the one before tells. */
function readFailures(details: unknown, attempt: number): readonly TrialFailure[] {
  const before = details as TrialProgress | undefined;
  if (attempt === 1 || typeof before !== 'object') return [];
  const { failures = [], hasEnded, stage, node, gpuSeconds } = before;
  if (hasEnded === true) return failures;
  const lost: TrialFailure = {
    class: 'node_lost',
    reason: `The node ${node} stopped answering in the stage ${stage}: see whether its worker runs.`,
    stage,
    node,
    attempt: attempt - 1,
    ...(gpuSeconds === undefined ? {} : { gpuSeconds }),
    isRetried: true,
  };
  return [...failures, lost];
}

/** A second attempt at equal work waits for the first, and then finds its result. */
async function runAlone<T>(
  running: RunningWork,
  workKey: string,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  for (let other = running.get(workKey); other !== undefined; other = running.get(workKey)) {
    await Promise.race([other, aborted(signal)]);
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
