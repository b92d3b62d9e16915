/** Asking Temporal what the nodes of a pool do with a sweep's trials. Loads Temporal's client. */
import { Client, Connection } from '@temporalio/client';
import type { TrialId } from '../../activities/contracts.js';
import { nodesQuestion, nodesWorkflowId, sweepWorkflowId } from '../../workflows/messages.js';
import type { KnownNode } from '../../workflows/messages.js';
import type { LiveNode, LiveSweep, RunningTrial } from '../report/live-sweep.js';
import type { TrialRow } from '../store/rows.js';
import { askWorkflow } from './ask-workflow.js';
import type { HolderAddress } from './holder.js';
import { readProgress } from './trial-progress.js';
import type { ProgressByTrial } from './trial-progress.js';

/** A trial that is proposed and has not ended; without `startedAt` it was not handed out yet. */
export type OpenTrial = Pick<TrialRow, 'trial' | 'startedAt'>;

export interface NodesQuestion {
  readonly ledgerId: string;
  readonly sweep: string;
  readonly open: readonly OpenTrial[];
  readonly pool: string | undefined;
  readonly answerWithinMs: number;
}

export interface NodesConnection {
  ask(question: NodesQuestion): Promise<LiveSweep>;
  close(): Promise<void>;
}

export async function connectToNodes(
  { address, namespace, connectionOptions }: HolderAddress,
  connectTimeout: number,
): Promise<NodesConnection> {
  const connection = await Connection.connect({ ...connectionOptions, address, connectTimeout });
  const client = new Client({ connection, namespace });
  return {
    ask: async ({ ledgerId, sweep, open, pool, answerWithinMs }) => {
      const [known, progress] = await Promise.all([
        readNodes(client, pool, answerWithinMs),
        readProgress(client, ledgerId, sweep, listIds(open.filter(({ startedAt }) => startedAt))),
      ]);
      const named = { id: sweepWorkflowId(ledgerId, sweep), sweep };
      return toLiveSweep(named, known, progress, listIds(open), Date.now());
    },
    close: () => connection.close(),
  };
}

const listIds = (trials: readonly OpenTrial[]): TrialId[] => trials.map(({ trial }) => trial);

/** What the registry of the pool knows; nothing of a pool that has none yet. */
export async function readNodes(
  client: Client,
  pool: string | undefined,
  answerWithinMs: number,
): Promise<readonly KnownNode[]> {
  try {
    return await askWorkflow(client, nodesWorkflowId(pool), nodesQuestion, answerWithinMs);
  } catch {
    return [];
  }
}

/**
 * Puts together what the registry and the heartbeats say.
 * @param named the sweep, by the id of its workflow and by its name
 */
export function toLiveSweep(
  named: { readonly id: string; readonly sweep: string },
  known: readonly KnownNode[],
  progress: ProgressByTrial,
  open: readonly TrialId[],
  atMs: number,
): LiveSweep {
  const secondsSince = (ms: number): number => Math.max(0, Math.round((atMs - ms) / 1000));
  const running = open.map((trial): RunningTrial => {
    const taken = progress.get(trial);
    if (taken === undefined) return { trial, stage: 'queued', percent: 0 };
    const { stage, percent, activity, node, slot, sinceMs } = taken;
    return {
      ...{ trial, node, stage, percent },
      ...(slot === undefined ? {} : { slot }),
      ...(activity === undefined ? {} : { activity }),
      ...(sinceMs === undefined ? {} : { seconds: secondsSince(sinceMs) }),
    };
  });
  const nodes = known.map((node): LiveNode => {
    const { nodeId, slots, freeSlots, state = 'ready', reason, refuses, facts, seenAtMs } = node;
    const evaluating = running.filter((each) => each.node === nodeId && each.slot !== undefined);
    // An announcement may be a minute old, and tells of the trials of all sweeps.
    const busy = Math.max(evaluating.length, slots - (freeSlots ?? slots));
    return {
      ...{ id: nodeId, state, slots, busy: Math.min(slots, busy), gpus: facts?.gpus ?? [] },
      ...(reason === undefined ? {} : { reason }),
      ...(refuses === undefined || refuses.length === 0
        ? {}
        : {
            refuses: refuses.map(({ sweep: id, reason: why }) => ({
              sweep: id === named.id ? named.sweep : id,
              reason: why,
            })),
          }),
      lastSeenSeconds: secondsSince(seenAtMs),
    };
  });
  return { nodes, running };
}
