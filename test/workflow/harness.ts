/** A real Temporal server, the real workflows, activities in memory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { Context } from '@temporalio/activity';
import type {
  CoordinatorActivities,
  RunTrialInput,
  RunTrialResult,
  SweepTurn,
  TrialProgress,
} from '../../activities/contracts.js';
import { readConfig } from '../../src/config.js';
import { requireTool } from '../../src/external/find-tool.js';
import { ensureTemporalServer } from '../../src/external/temporal-server.js';
import { startCoordinatorWorker } from '../../src/worker/coordinator.js';
import { runWorkers } from '../../src/worker/running-worker.js';
import type { RunningWorker } from '../../src/worker/running-worker.js';
import { loadWorkflowBundle } from '../../src/worker/workflow-bundle.js';
import type { WorkflowCode } from '../../src/worker/workflow-bundle.js';
import { startSweep } from '../../src/client/start-sweep.js';
import type { SweepHandle } from '../../src/client/start-sweep.js';
import {
  announceSignalName,
  coordinatorQueue,
  gpuQueue,
  nodeQueue,
} from '../../workflows/messages.js';
import type { NodeAnnouncement } from '../../workflows/messages.js';
import { signalRegistry } from '../../src/worker/announce-node.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import { makeResult } from '../../workflows/trial.fixture.js';

export interface Harness {
  readonly env: TestWorkflowEnvironment;
  readonly bundle: WorkflowCode;
  readonly close: () => Promise<void>;
}

export async function openHarness(): Promise<Harness> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const { temporal } = readConfig({}, process.env, process.cwd()).tools;
  const folder = mkdtempSync(join(tmpdir(), 'workflow-'));
  // Our own start rather than `createLocal`, which gives a server 5 s: too few on a busy machine.
  const [server, bundle] = await Promise.all([
    ensureTemporalServer({ resultsDir: folder, temporalCommand: requireTool(temporal) }),
    loadWorkflowBundle(),
  ]);
  const { address, namespace } = server;
  const env = await TestWorkflowEnvironment.createFromExistingServer({ address, namespace });
  const close = async () => {
    await env.teardown();
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { env, bundle, close };
}

let count = 0;

/** One sweep with a ledger id of its own, so that tests share the server. */
export class SweepRig {
  readonly ledgerId: string;
  readonly pool: string;
  readonly ledger: FakeLedger;
  /** Trials in the order in which nodes took them up, again when they were tried again. */
  readonly started: string[] = [];
  /** Trials that came to `node-1` by its own queue. */
  readonly held: string[] = [];
  readonly released: string[] = [];
  /** Replaces what a node does. */
  runTrial: (input: RunTrialInput) => Promise<RunTrialResult> = (input) =>
    Promise.resolve(makeResult(input.trial));
  /** Replaces the deletion of a checkpoint. */
  release: () => Promise<void> = () => Promise.resolve();
  /** Goes between the reading of what the ledger awaits and the answer. */
  afterReading: () => Promise<void> = () => Promise.resolve();
  /** As `SweepWorkflowInput.heartbeatSeconds`. */
  heartbeatSeconds: number | undefined;
  mostAtOnce = 0;
  private readonly harness: Harness;
  private readonly workers: RunningWorker[] = [];
  private running = 0;

  /** @param pool of another rig, to share its nodes */
  constructor(harness: Harness, ledger: FakeLedger, pool?: string) {
    count += 1;
    this.harness = harness;
    this.ledger = ledger;
    this.ledgerId = `test-${count}`;
    this.pool = pool ?? `pool-${count}`;
  }

  async startCoordinator(connection = this.harness.env.nativeConnection): Promise<RunningWorker> {
    const { ledger } = this;
    const activities: CoordinatorActivities = {
      openSweep: async () => {
        const reply = ledger.openSweep();
        await this.afterReading();
        return reply;
      },
      // eslint-disable-next-line @typescript-eslint/require-await -- a throw is a rejection
      tellAsk: async (input) => ledger.tellAsk(input),
      finishSweep: (input) => Promise.resolve(ledger.finishSweep(input)),
      // eslint-disable-next-line @typescript-eslint/require-await -- a throw is a rejection
      steer: async (input) => ledger.steer(input),
    };
    const coordinator = await startCoordinatorWorker({
      ...{ connection, namespace: 'default', ledgerId: this.ledgerId, activities },
      ...{ workflowBundle: this.harness.bundle, isSharedServer: false },
    });
    this.workers.push(coordinator);
    return coordinator;
  }

  async startNode(slots: number, wrap: (run: typeof this.runTrial) => typeof this.runTrial = same) {
    const runTrial = wrap(async (input: RunTrialInput): Promise<RunTrialResult> => {
      this.started.push(input.trial);
      this.running += 1;
      this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
      try {
        return await this.runTrial(input);
      } finally {
        this.running -= 1;
      }
    });
    const connection = this.harness.env.nativeConnection;
    const trials = await Worker.create({
      ...{ connection, taskQueue: gpuQueue(this.pool), activities: { runTrial } },
      maxConcurrentActivityTaskExecutions: slots,
      maxHeartbeatThrottleInterval: 100,
      shutdownGraceTime: 0,
    });
    const admin = await Worker.create({
      ...{ connection, taskQueue: nodeQueue('node-1') },
      activities: {
        runTrial: wrap((input) => {
          this.held.push(input.trial);
          return this.runTrial(input);
        }),
        releaseCheckpoint: ({ trial }: { trial: string }) => {
          this.released.push(trial);
          return this.release();
        },
      },
    });
    return this.run(trials, admin);
  }

  /** @param capacity as a node announces it; 0: no node is there */
  async start(capacity: number, outcomesPerRun?: number, turn?: SweepTurn): Promise<SweepHandle> {
    const registry = {
      ...{ client: this.harness.env.client, pool: this.pool },
      registryTaskQueue: coordinatorQueue(this.ledgerId),
    };
    // One more than the slots is handed out, to prefetch.
    const node: NodeAnnouncement = { nodeId: 'node-1', slots: capacity - 1 };
    if (capacity > 0) await signalRegistry(registry, announceSignalName, node);
    return startSweep({
      ...registry,
      open: {
        ...{ ledgerId: this.ledgerId, sweep: 'demo' },
        ...{ specText: '', specPath: '/demo.yaml' },
      },
      ...{ capacity, outcomesPerRun, turn, heartbeatSeconds: this.heartbeatSeconds },
    });
  }

  /** The trials' outcomes as the ledger heard them. */
  get told(): string[] {
    return this.ledger.told.map((outcome) => `${outcome.trial} ${outcome.status}`);
  }

  async stop(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.stop()));
  }

  private run(...workers: Worker[]): RunningWorker {
    const running = runWorkers(workers);
    this.workers.push(running);
    return running;
  }
}

const same = <T>(value: T): T => value;

/** An activity body that ends only when it is cancelled, heartbeating meanwhile. */
export async function untilCancelled(progress?: TrialProgress): Promise<never> {
  const context = Context.current();
  const timer = setInterval(() => {
    context.heartbeat(progress);
  }, 50);
  try {
    return await context.cancelled;
  } finally {
    clearInterval(timer);
  }
}

/** A promise with its handles outside. */
export function createGate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
