/**
 * Writes test/histories/*.json from runs of today's workflows: `npx tsx test/workflow/record-histories.ts`.
 * Add files, never replace them: they stand for the sweeps that are in flight at an upgrade.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { SteerInput, SteerOrder } from '../../activities/contracts.js';
import { nodeRefused } from '../../activities/refuse-node.js';
import { askStatus, type SweepHandle } from '../../src/client/start-sweep.js';
import { signalRegistry } from '../../src/worker/announce-node.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import {
  announceSignalName,
  coordinatorQueue,
  drainSignalName,
  handInSignalName,
  nodesWorkflowId,
  steerUpdateName,
  steerWorkflowId,
  stopSignalName,
  trialWorkflowId,
} from '../../workflows/messages.js';
import { makeComplete, makeResult } from '../../workflows/trial.fixture.js';
import { createGate, openHarness, SweepRig, untilCancelled } from './harness.js';

const folder = new URL('../histories/', import.meta.url);
const harness = await openHarness();

const nextTick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 10));

async function record(name: string, handle: WorkflowHandle): Promise<void> {
  const path = new URL(`${name}.json`, folder);
  mkdirSync(folder, { recursive: true });
  if (existsSync(path)) throw new Error(`${path.pathname} is there: choose another name`);
  writeFileSync(path, `${historyToJSON(await handle.fetchHistory())}\n`);
  console.log(path.pathname);
}

const prefix = process.argv[2] ?? 'v1';
const { workflow } = harness.env.client;

const whole = new SweepRig(harness, new FakeLedger({ maxTrials: 8 }));
await whole.startCoordinator();
await whole.startNode(2);
const finished = await whole.start(3);
await finished.result();
await record(`${prefix}-sweep-finished`, finished);
await record(`${prefix}-nodes`, workflow.getHandle(nodesWorkflowId(whole.pool)));
await whole.stop();

const rotating = new SweepRig(harness, new FakeLedger({ maxTrials: 12 }));
// The last attached trial: meanwhile the run that must continue as new hands out detached ones.
rotating.runTrial = async ({ trial }) => {
  while (trial === '1' && rotating.told.length < 6) await nextTick();
  return makeResult(trial);
};
await rotating.startCoordinator();
await rotating.startNode(2);
const last = await rotating.start(3, 3);
const { runId } = await last.describe();
await last.result();
await record(`${prefix}-sweep-rotated`, workflow.getHandle(last.workflowId, runId));
await record(`${prefix}-sweep-continued`, last);
// Which of the trials were detached is a matter of timing.
const ids = rotating.started.map((trial) => trialWorkflowId(rotating.ledgerId, 'demo', trial));
const handles = ids.map((id) => workflow.getHandle(id));
const described = await Promise.allSettled(handles.map((handle) => handle.describe()));
const detached = handles[described.findIndex(({ status }) => status === 'fulfilled')];
if (detached === undefined) throw new Error('no trial was detached: record again');
await record(`${prefix}-trial-complete`, detached);
await rotating.stop();

const stopped = new SweepRig(harness, new FakeLedger({ maxTrials: 8 }));
let isOpen = false;
stopped.runTrial = async ({ trial }) => {
  while (!isOpen) await nextTick();
  return makeResult(trial);
};
await stopped.startCoordinator();
await stopped.startNode(2);
const draining = await stopped.start(2);
await draining.signal(stopSignalName, 'drain');
isOpen = true;
await draining.result();
await record(`${prefix}-sweep-stopped`, draining);
await stopped.stop();

/** Orders while it runs and rotates; the sweep is held when its trials have ended, and resumed. */
const steered = new SweepRig(harness, new FakeLedger({ maxTrials: 6 }));
let hasFailed = false;
steered.runTrial = async ({ trial }) => {
  while (trial === '1' && steered.told.length < 5) await nextTick();
  if (trial !== '2' || hasFailed) return makeResult(trial);
  hasFailed = true;
  const failure = { class: 'crash', reason: 'r', stage: 'merge', attempt: 3 } as const;
  throw ApplicationFailure.create({ nonRetryable: true, details: [failure] });
};
await steered.startCoordinator();
await steered.startNode(2);
const steering = await steered.start(2, 4);
const { runId: firstRun } = await steering.describe();
const steer = (order: SteerOrder) =>
  steering.executeUpdate(steerUpdateName, {
    args: [{ requestId: JSON.stringify(order), order }],
  });
await steer({ kind: 'extend', trials: 3 });
while (!steered.told.includes('2 failed')) await nextTick();
await steer({ kind: 'retry' });
await steer({ kind: 'inject', params: { weight: 0.5 } });
await steer({ kind: 'pause' });
while (steered.ledger.inFlight.length > 1) await nextTick();
await steer({ kind: 'resume' });
await steering.result();
await record(`${prefix}-sweep-steered-rotated`, workflow.getHandle(steering.workflowId, firstRun));
await record(`${prefix}-sweep-steered-continued`, steering);
await steered.stop();

/** Held, and then told to end by an order. */
const held = new SweepRig(harness, new FakeLedger({ maxTrials: 8 }));
await held.startCoordinator();
await held.startNode(2);
const holding = await held.start(2);
for (const kind of ['pause', 'stop'] as const)
  await holding.executeUpdate(steerUpdateName, { args: [{ requestId: kind, order: { kind } }] });
await holding.result();
await record(`${prefix}-sweep-held-and-stopped`, holding);
const order: SteerInput = {
  ...{ ledgerId: held.ledgerId, sweep: 'demo', requestId: 'alone' },
  order: { kind: 'extend', trials: 1 },
};
const alone = await workflow.start('steerWorkflow', {
  ...{ workflowId: steerWorkflowId(order), taskQueue: coordinatorQueue(held.ledgerId) },
  args: [order],
});
await alone.result();
await record(`${prefix}-order`, alone);
await held.stop();

/** Two sweeps of one pool: shares by weight, what the shorter needs, a node that drains, an end. */
const one = new SweepRig(harness, new FakeLedger({ maxTrials: 12 }));
const two = new SweepRig(harness, new FakeLedger({ maxTrials: 3 }), one.pool);
const gate = createGate();
for (const rig of [one, two]) {
  rig.runTrial = async ({ trial }) => {
    await gate.opened;
    return makeResult(trial);
  };
  await rig.startCoordinator();
}
const toRegistry = (signal: string, argument: unknown): Promise<void> =>
  signalRegistry(
    {
      ...{ client: harness.env.client, pool: one.pool },
      registryTaskQueue: coordinatorQueue(one.ledgerId),
    },
    signal,
    argument,
  );
const hasCapacity = async (handle: SweepHandle, capacity: number): Promise<void> => {
  while ((await askStatus(harness.env.client, handle, 10_000))?.capacity !== capacity)
    await nextTick();
};
await toRegistry(announceSignalName, { nodeId: 'node-1', slots: 7, freeSlots: 7 });
const longer = await one.start(0, undefined, { priority: 3, weight: 3 });
await hasCapacity(longer, 8);
const shorter = await two.start(0, undefined, { priority: 3, weight: 1 });
await hasCapacity(longer, 6);
await toRegistry(announceSignalName, { nodeId: 'node-2', slots: 3 });
await hasCapacity(shorter, 3);
await hasCapacity(longer, 9);
await toRegistry(drainSignalName, 'node-2');
await hasCapacity(longer, 6);
await one.startNode(8);
gate.open();
await Promise.all([longer.result(), shorter.result()]);
await record(`${prefix}-sweep-shared`, longer);
await record(`${prefix}-sweep-shared-short`, shorter);
await record(`${prefix}-nodes-shared`, workflow.getHandle(nodesWorkflowId(one.pool)));
await Promise.all([one.stop(), two.stop()]);

/** A node that refuses a trial, and one that hands in what another still runs. */
const returned = new SweepRig(harness, new FakeLedger({ maxTrials: 3 }));
let refusals = 0;
returned.runTrial = async ({ trial }) => {
  if (trial === '1') return await untilCancelled();
  if (trial === '2' && refusals++ === 0)
    throw nodeRefused({ node: 'node-1', reason: 'Expected a node with CUDA.' });
  return makeResult(trial);
};
await returned.startCoordinator();
await returned.startNode(2);
const returning = await returned.start(2);
while (returned.told.length < 2) await nextTick();
await returning.signal(handInSignalName, makeComplete('1'));
await returning.result();
await record(`${prefix}-sweep-refused-and-handed-in`, returning);
await returned.stop();
await harness.close();
