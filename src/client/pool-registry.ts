/** The registry of a pool of nodes, as a user asks it. Loads Temporal's client. */
import {
  Client,
  Connection,
  ServiceError,
  WorkflowNotFoundError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import {
  drainSignalName,
  nodesQuestion,
  nodesWorkflowId,
  undrainSignalName,
} from '../../workflows/messages.js';
import type { KnownNode } from '../../workflows/messages.js';
import type { Environment } from '../config.js';
import { MergesweepError, UsageError } from '../errors.js';
import { findWriter } from '../store/find-writer.js';
import type { WriterDescription } from '../store/writer-lock.js';
import { askWorkflow } from './ask-workflow.js';
import { locateHolder } from './holder.js';
import { resolveTemporal } from './resolve-temporal.js';
import type { ConnectionOptions, TemporalFlags } from './resolve-temporal.js';

export interface PoolRegistryOptions {
  readonly resultsDir: string;
  /** Default: that of the process that runs the folder. */
  readonly pool?: string | undefined;
  readonly flags: TemporalFlags;
  readonly env: Environment;
  /** @default 10000 */
  readonly answerWithinMs?: number;
}

export interface PoolRegistry {
  /** @throws MergesweepError `no_registry`, `nodes_unanswered` */
  list(): Promise<readonly KnownNode[]>;
  /** Tells a node to take no more trials, or that it may again. @throws UsageError `unknown_node` */
  order(kind: 'drain' | 'undrain', nodeId: string): Promise<KnownNode>;
  close(): Promise<void>;
}

interface Place {
  readonly address: string;
  readonly namespace: string;
  readonly connectionOptions: ConnectionOptions;
  readonly pool: string | undefined;
}

/**
 * By address or profile, else through the process that runs the results folder.
 *
 * @throws UsageError `nodes_address` where there is neither, MergesweepError `temporal_connect`
 */
export async function openPoolRegistry(options: PoolRegistryOptions): Promise<PoolRegistry> {
  const { answerWithinMs = 10_000 } = options;
  const place = findPlace(options);
  const connection = await connect(place, answerWithinMs);
  const client = new Client({ connection, namespace: place.namespace });
  const handle = client.workflow.getHandle(nodesWorkflowId(place.pool));
  const ask = async <Answer>(work: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await client.withDeadline(Date.now() + answerWithinMs, work);
    } catch (error) {
      throw explain(error, place, answerWithinMs);
    }
  };
  const askNodes = askWorkflow<readonly KnownNode[]>;
  const list = () => ask(() => askNodes(client, handle.workflowId, nodesQuestion, answerWithinMs));
  return {
    list,
    order: async (kind, nodeId) => {
      const nodes = await list();
      const node = nodes.find((known) => known.nodeId === nodeId);
      if (node === undefined) throw unknownNode(nodeId, nodes);
      await ask(() =>
        handle.signal(kind === 'drain' ? drainSignalName : undrainSignalName, nodeId),
      );
      return node;
    },
    close: () => connection.close(),
  };
}

function findPlace({ resultsDir, pool, flags, env }: PoolRegistryOptions): Place {
  const target = resolveTemporal(flags, env);
  if (target.kind === 'external') return { ...target, pool };
  const writer = findWriter(resultsDir);
  if (writer === undefined)
    throw new UsageError(
      'nodes_address',
      `No process runs ${resultsDir}, and no server was named: say where the sweeps are with --address HOST:PORT or --profile NAME, or which folder with --results.`,
    );
  const holder = locateHolder(resultsDir, writer as WriterDescription, flags, env);
  return { ...holder, pool: pool ?? writer.pool };
}

async function connect(
  { address, connectionOptions }: Place,
  connectTimeout: number,
): Promise<Connection> {
  try {
    return await Connection.connect({ ...connectionOptions, address, connectTimeout });
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    throw new MergesweepError(
      'temporal_connect',
      `Expected a Temporal server at ${address}, got: ${what}. Check the address, its certificates and that the server runs.`,
      { cause: error },
    );
  }
}

function explain(error: unknown, { address, pool }: Place, ms: number): unknown {
  const where = `${pool === undefined ? 'the default pool' : `the pool ${pool}`} on ${address}`;
  if (error instanceof WorkflowNotFoundError)
    return new MergesweepError(
      'no_registry',
      `Nothing is known of nodes in ${where}: no sweep was started there yet. Begin one with mergesweep run, or name another --pool.`,
      { cause: error },
    );
  const isUnanswered =
    error instanceof ServiceError || error instanceof WorkflowUpdateRPCTimeoutOrCancelledError;
  if (!isUnanswered) return error;
  return new MergesweepError(
    'nodes_unanswered',
    `Expected the list of nodes of ${where} within ${ms / 1000} s, got none: a process that runs a sweep (mergesweep run) answers for it. Is one running?`,
    { cause: error },
  );
}

function unknownNode(nodeId: string, nodes: readonly KnownNode[]): UsageError {
  const known = nodes.map((node) => node.nodeId).join(', ');
  const there = known === '' ? 'no node is there' : `there are ${known}`;
  return new UsageError('unknown_node', `There is no node ${nodeId}; ${there}.`);
}
