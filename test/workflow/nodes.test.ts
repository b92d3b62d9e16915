import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { askWorkflow } from '../../src/client/ask-workflow.js';
import { askStatus } from '../../src/client/start-sweep.js';
import type { SweepHandle } from '../../src/client/start-sweep.js';
import { signalRegistry } from '../../src/worker/announce-node.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import {
  announceSignalName,
  coordinatorQueue,
  drainingQuestion,
  drainSignalName,
  nodesQuestion,
  nodesWorkflowId,
  subscribeSignalName,
  undrainSignalName,
  withdrawSignalName,
} from '../../workflows/messages.js';
import type { KnownNode, NodeAnnouncement } from '../../workflows/messages.js';
import { makeResult } from '../../workflows/trial.fixture.js';
import { createGate, openHarness, SweepRig } from './harness.js';
import type { Harness } from './harness.js';

let harness: Harness;
let rigs: SweepRig[] = [];

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());
afterEach(async () => {
  await Promise.all(rigs.map((rig) => rig.stop()));
  rigs = [];
});

/** A rig whose trials run until the gate is opened; its nodes are announced by hand. */
async function openRig(maxTrials = 50, pool?: string) {
  const rig = new SweepRig(harness, new FakeLedger({ maxTrials }), pool);
  rigs.push(rig);
  const gate = createGate();
  rig.runTrial = async ({ trial }) => {
    await gate.opened;
    return makeResult(trial);
  };
  await rig.startCoordinator();
  return { rig, gate };
}

const send = (rig: SweepRig, signal: string, argument: unknown): Promise<void> =>
  signalRegistry(
    {
      ...{ client: harness.env.client, pool: rig.pool },
      registryTaskQueue: coordinatorQueue(rig.ledgerId),
    },
    signal,
    argument,
  );
const announce = (rig: SweepRig, node: NodeAnnouncement) => send(rig, announceSignalName, node);
const registryOf = (rig: SweepRig) =>
  harness.env.client.workflow.getHandle(nodesWorkflowId(rig.pool));
const ask = <Answer>(rig: SweepRig, question: string) =>
  askWorkflow<Answer>(harness.env.client, nodesWorkflowId(rig.pool), question, 10_000);
const listNodes = (rig: SweepRig) => ask<KnownNode[]>(rig, nodesQuestion);

const capacityOf = async (handle: SweepHandle) =>
  (await askStatus(harness.env.client, handle, 10_000))?.capacity;
const waitForCapacity = (handle: SweepHandle, capacity: number): Promise<void> =>
  vi.waitFor(
    async () => {
      expect(await capacityOf(handle)).toBe(capacity);
    },
    {
      ...{ timeout: 20_000, interval: 50 },
    },
  );

const facts = {
  ...{ host: 'h', gpus: [], gpusPerTrial: 0, ramBytes: 1, diskFreeBytes: 1, cores: 2 },
  ...{ versions: {}, startedAt: '2026-11-26T00:00:00.000Z' },
};

describe('nodesWorkflow', () => {
  it('takes a node that drains out of the count, says so, and takes it in again', async () => {
    const { rig } = await openRig();
    await announce(rig, { nodeId: 'a', slots: 2, freeSlots: 1, facts });
    await announce(rig, { nodeId: 'b', slots: 3 });
    const handle = await rig.start(0);
    await waitForCapacity(handle, 7);

    await send(rig, drainSignalName, 'a');
    await waitForCapacity(handle, 4);
    expect(await listNodes(rig)).toMatchObject([
      { nodeId: 'a', state: 'draining', reason: 'told to drain' },
      { nodeId: 'b', slots: 3 },
    ]);
    // What it announces itself does not undo the order.
    await announce(rig, { nodeId: 'a', slots: 2, freeSlots: 2 });
    expect(await ask<string[]>(rig, drainingQuestion)).toEqual(['a']);
    expect((await listNodes(rig))[0]).toMatchObject({ state: 'draining', freeSlots: 2, facts });
    expect(await capacityOf(handle)).toBe(4);

    await send(rig, undrainSignalName, 'a');
    await waitForCapacity(handle, 7);
    await announce(rig, { nodeId: 'b', slots: 3, state: 'set-aside', reason: 'its disk' });
    await waitForCapacity(handle, 3);
    await send(rig, withdrawSignalName, 'a');
    await waitForCapacity(handle, 0);
  });

  it('counts a node only for sweeps that it does not refuse', async () => {
    const { rig } = await openRig();
    const handle = await rig.start(0);
    const refuses = [{ sweep: handle.workflowId, reason: 'torch 2.4' }];
    await announce(rig, { nodeId: 'a', slots: 2 });
    await announce(rig, { nodeId: 'b', slots: 3, refuses });
    await waitForCapacity(handle, 3);
    await announce(rig, { nodeId: 'b', slots: 3 });
    await waitForCapacity(handle, 7);
  });

  it('understands nodes and sweeps of earlier versions', async () => {
    const { rig } = await openRig();
    const handle = await rig.start(0);
    await announce(rig, { nodeId: 'a', slots: 2 });
    await waitForCapacity(handle, 3);
    await send(rig, subscribeSignalName, handle.workflowId);
    await announce(rig, { nodeId: 'b', slots: 2 });
    await waitForCapacity(handle, 6);
  });

  it('shares by weight, gives one what the other can not use, and all when that has ended', async () => {
    const one = await openRig();
    // Two trials more than the one that runs.
    const two = await openRig(3, one.rig.pool);
    await announce(one.rig, { nodeId: 'a', slots: 11 });
    const first = await one.rig.start(0, undefined, { priority: 3, weight: 3 });
    await waitForCapacity(first, 12);
    const second = await two.rig.start(0, undefined, { priority: 3, weight: 1 });
    // A quarter is three; there are three.
    await waitForCapacity(second, 3);
    await waitForCapacity(first, 9);
    // Trials of the first that this node takes wait: the sweep must not end before it is asked.
    two.rig.runTrial = async ({ ledgerId, trial }) => {
      if (ledgerId === one.rig.ledgerId) await one.gate.opened;
      return makeResult(trial);
    };
    await two.rig.startNode(12 + 3);
    await second.result();
    await waitForCapacity(first, 12);
    one.gate.open();
  });

  it('has a sweep that needs less say so', async () => {
    const one = await openRig();
    const two = await openRig(2, one.rig.pool);
    await announce(one.rig, { nodeId: 'a', slots: 9 });
    const [first, second] = [await one.rig.start(0), await two.rig.start(0)];
    // Half of ten would be five each; the second has two trials in all.
    await waitForCapacity(first, 8);
    await waitForCapacity(second, 2);
  });

  it('gives the others what a sweep had that was ended by force', async () => {
    const one = await openRig();
    const two = await openRig(50, one.rig.pool);
    await announce(one.rig, { nodeId: 'a', slots: 9 });
    const [first, second] = [await one.rig.start(0), await two.rig.start(0)];
    await waitForCapacity(first, 5);
    await second.terminate();
    await announce(one.rig, { nodeId: 'a', slots: 11 });
    await waitForCapacity(first, 12);
  });

  it('continues as new with all that it knows', async () => {
    const { rig } = await openRig();
    const handle = await rig.start(0);
    await announce(rig, { nodeId: 'a', slots: 2, facts });
    await announce(rig, { nodeId: 'b', slots: 2 });
    await send(rig, drainSignalName, 'b');
    await waitForCapacity(handle, 3);
    const { runId } = await registryOf(rig).describe();
    const again = Array.from({ length: 510 }, () => announce(rig, { nodeId: 'a', slots: 2 }));
    await Promise.all(again);
    await vi.waitFor(
      async () => {
        expect((await registryOf(rig).describe()).runId).not.toBe(runId);
      },
      {
        timeout: 20_000,
        interval: 50,
      },
    );
    expect(await listNodes(rig)).toMatchObject([
      { nodeId: 'a', facts },
      { nodeId: 'b', state: 'draining' },
    ]);
    await send(rig, undrainSignalName, 'b');
    await waitForCapacity(handle, 6);
  });
});
