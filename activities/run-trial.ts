import { ApplicationFailure, Context } from '@temporalio/activity';
import type { ToolCommands } from '../src/config.js';
import { isRetryable, StageFailedError, type TrialFailure } from '../src/errors.js';
import { ParentReader } from '../src/external/parent-bytes.js';
import { WarmProofs } from '../src/external/warm-proofs.js';
import type {
  NodeActivities,
  NodeAdminActivities,
  RunTrialInput,
  RunTrialResult,
  TrialProgress,
} from './contracts.js';
import { createChoosingEvaluator } from './choose-evaluator.js';
import { createColdEvaluator } from './cold-evaluator.js';
import type { Evaluator } from './evaluator.js';
import { ProgressHeartbeat } from './progress-heartbeat.js';
import { createReleaseCheckpoint } from './release-checkpoint.js';
import { Residences } from './residence.js';
import type { Permissions } from '../src/preflight/permissions.js';
import { requireRunTrialInput } from './run-trial-input-schema.js';
import type { SlotPool } from './slots.js';
import { TrialRun, type NodeTools } from './trial-run.js';
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
  /** What may run as code here, by model. @default nothing */
  readonly permissions?: Permissions;
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
  const shared: NodeTools = {
    evaluator: createEvaluator(deps),
    parents: new ParentReader(deps.workRoot, deps.env ?? process.env),
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
  shared: NodeTools,
  running: RunningWork,
  input: RunTrialInput,
): Promise<RunTrialResult> {
  const context = Context.current();
  requireOwnTrial(input, { attempt: context.info.attempt, node: deps.nodeId });
  const { attempt, heartbeatTimeoutMs: timeoutMs } = context.info;
  const { cancellationSignal: signal } = context;
  const beat = (progress: TrialProgress): void => {
    context.heartbeat(progress);
  };
  const failures = readFailures(context.info.heartbeatDetails as unknown, attempt);
  const heartbeat = new ProgressHeartbeat(deps.nodeId, beat, { timeoutMs, failures });
  const trial = new TrialRun(deps, shared, input, heartbeat, { signal, attempt });
  try {
    return await runAlone(running, input.workKey, context.cancelled, () => trial.run());
  } catch (error) {
    // The processes are gone by now; what Temporal wants to see is its own failure.
    if (signal.aborted) return await context.cancelled;
    const failure = trial.describe(error);
    const earlier = heartbeat.failures;
    heartbeat.noteEnd(failure);
    const isFinal = error instanceof StageFailedError && error.isFinal;
    throw ApplicationFailure.create({
      type: failure.class,
      message: failure.reason,
      nonRetryable: isFinal || !isRetryable(failure.class),
      details: [{ ...failure, ...(earlier.length === 0 ? {} : { earlier }) }],
    });
  } finally {
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
  const { failures = [], hasEnded, stage, node } = before;
  if (hasEnded === true) return failures;
  const reason = `The node ${node} stopped answering in the stage ${stage}: see whether its worker runs.`;
  const lost = { class: 'node_lost', reason, stage, node, attempt: attempt - 1 } as const;
  return [...failures, { ...lost, isRetried: true }];
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
