/** This machine as a node: its slots, its cards, its work folder. */
import { realpathSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { createNodeActivities } from '../../activities/run-trial.js';
import type { NodeDependencies } from '../../activities/run-trial.js';
import type { NodeActivities, NodeAdminActivities } from '../../activities/contracts.js';
import { NodeStanding } from '../../activities/node-standing.js';
import { createSlotPool } from '../../activities/slots.js';
import type { MergeStrategy } from '../../activities/slots.js';
import { TakenTrials } from '../../activities/taken-trials.js';
import type { NodeFacts } from '../../workflows/messages.js';
import { findProjectRoot } from '../config.js';
import type { Environment, ToolCommands } from '../config.js';
import { MergesweepError, UsageError } from '../errors.js';
import { endMarked } from '../external/marked-processes.js';
import { listCards } from '../external/nvidia-smi.js';
import { makePrivateFolder } from '../external/private-folder.js';
import { toStageFailure } from '../external/system-failures.js';
import { WarmChildren } from '../external/warm-children.js';
import { clearFormerWork, dropUnreleased, releaseWithinMs } from '../external/work-folder.js';
import type { Permissions } from '../preflight/permissions.js';
import { acquireExclusiveLock } from '../store/exclusive-lock.js';
import { chooseGpus, readNodeFacts } from './node-facts.js';
import { planSlots, type SlotPlan } from './plan-slots.js';

export interface LocalNodeOptions {
  readonly nodeId: string;
  /** Absolute; this node's alone. */
  readonly workRoot: string;
  /** The results folder when it is on this machine. */
  readonly publishRoot?: string;
  readonly tools: ToolCommands;
  readonly env: Environment;
  /** Evaluations at once; default: one per group of cards, else one per two cores. */
  readonly slots?: number | undefined;
  /** Cards to use; default: all that nvidia-smi lists. */
  readonly gpus?: readonly string[] | undefined;
  /** Cards of one slot, ≥ 1: more than 1 for a model over several cards. @default 1 */
  readonly gpusPerTrial?: number | undefined;
  /** How merges and evaluations share the cards. @default overlap */
  readonly strategy?: MergeStrategy | undefined;
  /** Bytes that the work folder may hold; default: what the disk has. */
  readonly diskQuotaBytes?: number | undefined;
  /** How this node stands to new trials; what finds a fault of the node tells it. @default ready */
  readonly standing?: NodeStanding | undefined;
  /** What may run as code here, by model. @default nothing */
  readonly permissions?: Permissions | undefined;
  /** Told with each heartbeat of a trial. */
  readonly onProgress?: NodeDependencies['onProgress'];
}

export interface LocalNode extends Pick<SlotPlan, 'strategy' | 'gpusPerTrial' | 'prefetch'> {
  /** Absolute, without links. */
  readonly workRoot: string;
  readonly slots: number;
  /** Slots with nothing in them now. */
  readonly freeSlots: () => number;
  readonly standing: NodeStanding;
  readonly taken: TakenTrials;
  /** Never rejects; it takes a moment to ask the tools. */
  readonly facts: Promise<NodeFacts>;
  readonly deviceClass: 'cpu' | 'cuda';
  readonly activities: NodeActivities & NodeAdminActivities;
  /** Ends what runs warm and gives the work folder back. Twice is once. */
  readonly close: () => Promise<void>;
}

/** Processes get this long to end by themselves: Ctrl-C must be done within 10 s. */
const graceMs = 4_000;

/**
 * @throws UsageError `work_dir` when another process works in the folder, `work_dir_unusable` when it
 *   can't be read and written, `orphans` when a former worker's processes can't be ended,
 *   `gpus_per_trial` or `strategy` when the cards do not suffice
 */
export async function createLocalNode(options: LocalNodeOptions): Promise<LocalNode> {
  const cards = await listCards(options.env);
  const gpus = chooseGpus(options.gpus, cards, options.env);
  const cores = availableParallelism();
  const plan = planSlots({ ...options, gpus, cores });
  const slots = plan.evaluation.length;
  const { strategy, gpusPerTrial, prefetch } = plan;
  const gpuPool = createSlotPool(plan.evaluation);
  const deviceClass = gpus.length > 0 ? 'cuda' : 'cpu';
  const { nodeId, publishRoot, tools, env } = options;
  const giveBack = await takeWorkRoot(options.workRoot);
  // Processes are known by this path, also to the next worker, however it names the folder.
  const workRoot = realpathSync(options.workRoot);
  const children = new WarmChildren();
  const { standing = new NodeStanding(), diskQuotaBytes } = options;
  const taken = new TakenTrials();
  const activities = createNodeActivities({
    nodeId,
    workRoot,
    ...(publishRoot === undefined ? {} : { publishRoot }),
    tools,
    deviceClass,
    strategy,
    mergePool: createSlotPool(plan.merge),
    gpuPool,
    warm: {
      children,
      places: createSlotPool(plan.places),
      pythonPath: join(findProjectRoot(), 'python'),
    },
    // A prefetched trial merges beside the evaluations.
    threadsPerChild: Math.max(1, Math.floor(cores / (slots + prefetch))),
    ...{ env, graceMs, taken, diskQuotaBytes },
    ...(options.permissions === undefined ? {} : { permissions: options.permissions }),
    onProgress: options.onProgress,
  });
  const close = async (): Promise<void> => {
    await children.close();
    await endMarked(workRoot, graceMs);
    giveBack();
  };
  const freeSlots = (): number => gpuPool.free;
  const facts = readNodeFacts({ gpus, cards, gpusPerTrial, workRoot, diskQuotaBytes, tools });
  return {
    ...{ slots, freeSlots, deviceClass, strategy, gpusPerTrial, prefetch },
    ...{ workRoot, activities, standing, taken, facts, close },
  };
}

/** Makes the folder ours alone and clears what a former owner left; returns how to give it back. */
async function takeWorkRoot(workRoot: string): Promise<() => void> {
  const lock = await withAdvice(workRoot, () => {
    makePrivateFolder(workRoot);
    return acquireExclusiveLock(join(workRoot, 'node.lock'));
  });
  if (lock === undefined)
    throw new UsageError(
      'work_dir',
      `Another worker uses ${workRoot}, and would take this one's merges for its own: end it, or name another folder with --work-dir.`,
    );
  try {
    await endOrphans(realpathSync(workRoot));
    await withAdvice(workRoot, () => clearFormerWork(workRoot));
  } catch (error) {
    lock.release();
    throw error;
  }
  // What can't be dropped now is tried again; a trial must not fail of it.
  const drop = (): void => void dropUnreleased(workRoot).catch(() => undefined);
  const timer = setInterval(drop, releaseWithinMs).unref();
  return () => {
    clearInterval(timer);
    lock.release();
  };
}

/** A worker that was killed may have left daemons: they hold memory and cards that trials need. */
async function endOrphans(workRoot: string): Promise<void> {
  const left = await endMarked(workRoot);
  if (left.length > 0)
    throw new UsageError(
      'orphans',
      `Expected to end the processes that a former worker left in ${workRoot}, got ${left.join(', ')} alive after 10 s of SIGKILL: they wait for a device or a disk; look at it with ps, or restart the machine.`,
    );
}

async function withAdvice<T>(workRoot: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof MergesweepError) throw error;
    const { message } = toStageFailure(error, workRoot);
    throw new UsageError('work_dir_unusable', message, { cause: error });
  }
}
