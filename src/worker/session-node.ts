/** The node of the process that holds a results folder. */
import { join } from 'node:path';
import type { NativeConnection } from '@temporalio/worker';
import type { SessionOptions, Undo } from './session.js';
import { createLocalNode } from './local-node.js';
import { startNodeWorker } from './node.js';
import { nameNode } from './node-name.js';
import { observeNode } from './observer.js';
import type { Observer } from './observer.js';
import type { RunningWorker } from './running-worker.js';

export interface SessionNodeOptions extends Pick<
  SessionOptions,
  'config' | 'env' | 'slots' | 'permissions' | 'onMessage'
> {
  readonly connection: NativeConnection;
  readonly namespace: string;
  readonly ledgerId: string;
  readonly registryTaskQueue: string;
  readonly observer: Observer;
  /** Takes what ends the node again, step by step. */
  readonly undo: Undo[];
}

export interface SessionNode {
  readonly worker: Pick<RunningWorker, 'ended'>;
  /** Trials in flight that it allows: its slots and what it prefetches. */
  readonly capacity: number;
}

/** @throws as `createLocalNode` */
export async function startSessionNode(options: SessionNodeOptions): Promise<SessionNode> {
  const { config, env, connection, namespace, observer, onMessage, undo } = options;
  const { resultsDir, tools, pool } = config;
  const nodeId = nameNode(options.ledgerId.slice(0, 8));
  const workRoot = join(resultsDir, '.work', nodeId);
  const observed = observeNode(nodeId, observer);
  const local = await createLocalNode({
    ...{ nodeId, workRoot, publishRoot: resultsDir, tools, env, slots: options.slots },
    ...{ permissions: options.permissions, onProgress: observed.onProgress },
  });
  undo.push(local.close, observed.end);
  const node = observed.attach(local, workRoot);
  const { registryTaskQueue } = options;
  const worker = await startNodeWorker({
    ...{ connection, namespace, nodeId, node, pool, onMessage, registryTaskQueue },
  });
  undo.push(() => worker.stop());
  return { worker, capacity: node.slots + node.prefetch };
}
