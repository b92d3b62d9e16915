/** Everything that the holder of a results folder runs: server, ledger, coordinator, local node. */
import { createCoordinatorActivities } from '../../activities/coordinator.js';
import { coordinatorQueue } from '../../workflows/messages.js';
import { connectTemporal } from '../client/connect.js';
import type { TemporalConnection } from '../client/connect.js';
import type { TemporalTarget } from '../client/resolve-temporal.js';
import type { Config, Environment } from '../config.js';
import { watchDisk } from '../external/disk-watch.js';
import { makePrivateFolder } from '../external/private-folder.js';
import { ensureTemporalServer } from '../external/temporal-server.js';
import type { EmbeddedServer } from '../external/temporal-server.js';
import type { Permissions } from '../preflight/permissions.js';
import { openLedger } from '../store/ledger.js';
import type { Ledger } from '../store/ledger.js';
import type { WriterLock } from '../store/writer-lock.js';
import { registryTaskQueue, startCoordinatorWorker } from './coordinator.js';
import { nameNode } from './node-name.js';
import { observeCoordinator, timeCommits } from './observe-coordinator.js';
import type { Observer } from './observer.js';
import type { RunningWorker } from './running-worker.js';
import { verifyInBackground } from './verify-ledger.js';
import { loadWorkflowBundle } from './workflow-bundle.js';

export interface SessionOptions {
  readonly config: Config;
  readonly target: TemporalTarget;
  /** Held by the caller until the session is closed. */
  readonly lock: WriterLock;
  readonly env: Environment;
  readonly versions: Readonly<Record<string, string>>;
  /** False: trials run on other nodes only. */
  readonly hasLocalNode: boolean;
  readonly slots?: number | undefined;
  /** What may run as code on the local node, by model. @default nothing */
  readonly permissions?: Permissions | undefined;
  /** Takes the ledger over from the machine that wrote it last. @default false */
  readonly adopt?: boolean | undefined;
  readonly onMessage: (message: string) => void;
  /** @default nobody */
  readonly observer?: Observer;
}

export interface Session {
  readonly temporal: TemporalConnection;
  readonly ledger: Ledger;
  readonly isEmbedded: boolean;
  readonly registryTaskQueue: string;
  /** Trials in flight that the local node allows: its slots and one to prefetch; 1 without one. */
  readonly capacity: number;
  /** Rejects when a worker dies, or when the ledger is found damaged. */
  readonly ended: Promise<void>;
  /** Kills what runs, hands it back, stops the workers and our server. */
  readonly close: () => Promise<void>;
  /** For the impatient: nothing of ours that could hang is left; what was accepted is kept. */
  readonly kill: () => void;
}

/** Undoes one step of opening; called in the reverse order. */
export type Undo = () => Promise<void> | void;

export async function openSession(options: SessionOptions): Promise<Session> {
  const { config, env, onMessage } = options;
  const undo: Undo[] = [];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    makePrivateFolder(config.resultsDir);
    const { adopt = false, observer = {} } = options;
    const ledger = openLedger(config.resultsDir, { mode: 'write', adopt });
    undo.push(() => {
      ledger.close();
    });
    undo.push(watchDisk({ folder: config.resultsDir, say: onMessage }).stop);
    // The two slowest steps side by side.
    const bundling = loadWorkflowBundle();
    bundling.catch(() => undefined);
    const { temporal, server } = await reachTemporal(options);
    if (server !== undefined) undo.push(() => server.stop());
    undo.push(() => temporal.connection.close());
    describeHolder(options, ledger.ledgerId, temporal);

    const { connection, namespace } = temporal;
    const isSharedServer = server === undefined;
    const queue = registryTaskQueue(ledger.ledgerId, isSharedServer);
    const { resultsDir } = config;
    const starting = startCoordinatorWorker({
      connection,
      namespace,
      ledgerId: ledger.ledgerId,
      isSharedServer,
      workflowBundle: await bundling,
      activities: observeCoordinator(
        createCoordinatorActivities({
          ledger: timeCommits(ledger, observer),
          resultsDir,
          clock: { now: () => new Date() },
          versions: options.versions,
          warn: onMessage,
        }),
        ledger,
        observer,
      ),
    });
    // A third of a second of modules: while the coordinator's threads load the workflows.
    const [coordinator, node] = await Promise.all([
      starting,
      options.hasLocalNode ? import('./session-node.js') : undefined,
    ]);
    undo.push(() => coordinator.stop());
    const workers: Pick<RunningWorker, 'ended'>[] = [coordinator];
    if (!ledger.wasClosed) {
      onMessage('A process before did not end by itself: all that was scored is looked at once.');
      const verification = verifyInBackground(ledger);
      undo.push(verification.stop);
      workers.push({ ended: verification.failed });
    }
    let capacity = 1;
    if (node !== undefined) {
      const started = await node.startSessionNode({
        ...{ config, env, connection, namespace, observer, onMessage, undo },
        ...{ ledgerId: ledger.ledgerId, registryTaskQueue: queue },
        ...{ slots: options.slots, permissions: options.permissions },
      });
      workers.push(started.worker);
      ({ capacity } = started);
    }
    return {
      ...{ temporal, ledger, capacity, close },
      isEmbedded: server !== undefined,
      registryTaskQueue: queue,
      ended: Promise.race(workers.map((worker) => worker.ended)),
      kill: () => server?.kill(),
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function reachTemporal({ config, target, onMessage }: SessionOptions): Promise<{
  readonly temporal: TemporalConnection;
  readonly server?: EmbeddedServer;
}> {
  if (target.kind === 'external') {
    const { address, namespace, connectionOptions } = target;
    return { temporal: await connectTemporal(address, namespace, connectionOptions) };
  }
  const server = await ensureTemporalServer({
    resultsDir: config.resultsDir,
    temporalCommand: config.tools.temporal,
    onMessage,
  });
  try {
    return { server, temporal: await connectTemporal(server.address, server.namespace) };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

function describeHolder(
  { lock, config: { pool } }: SessionOptions,
  ledgerId: string,
  { address, namespace }: TemporalConnection,
): void {
  lock.describe({
    pid: process.pid,
    host: nameNode('').replace(/-$/, ''),
    startedAt: new Date().toISOString(),
    temporalAddress: address,
    namespace,
    taskQueue: coordinatorQueue(ledgerId),
    ...(pool === undefined ? {} : { pool }),
  });
}
