import { setTimeout as delay } from 'node:timers/promises';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { askStatus, type SweepHandle } from '../../src/client/start-sweep.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import { capacitySignalName, lookAgainSignalName } from '../../workflows/messages.js';
import { makeResult } from '../../workflows/trial.fixture.js';
import { createGate, openHarness, SweepRig } from './harness.js';
import type { Harness } from './harness.js';
import { openLine, type Line } from './line.js';

let harness: Harness;
let rig: SweepRig;
let line: Line;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());
afterEach(async () => {
  line.mend();
  await rig.stop();
  line.close();
});

const soon = { timeout: 20_000, interval: 25 };

/**
 * A sweep whose coordinator dies with two trials in flight; it is asked something, told to look again, the
 * next coordinator comes, and only then the trials end.
 */
async function askInBetween(ask: (handle: SweepHandle) => Promise<unknown>): Promise<SweepHandle> {
  rig = new SweepRig(harness, new FakeLedger({ maxTrials: 4 }));
  const [gate, lastGate] = [createGate(), createGate()];
  rig.runTrial = async ({ trial }) => {
    await (Number(trial) > 2 ? lastGate : gate).opened;
    return makeResult(trial);
  };
  line = await openLine(harness.env.address);
  await rig.startCoordinator(await NativeConnection.connect({ address: line.address }));
  await rig.startNode(2);
  const handle = await rig.start(2);
  await vi.waitFor(() => {
    expect(rig.started).toHaveLength(2);
  }, soon);
  line.cut();
  const answer = ask(handle);
  // The question is on its way to the dead one; it reaches the next with the signal in the history.
  await delay(1_000);
  // Bare: after `lookAgain`, which has the server forget the dead one, this history could be repeated.
  await handle.signal(lookAgainSignalName);
  const next = await rig.startCoordinator();
  await answer;
  await handle.signal(capacitySignalName, 2);
  gate.open();
  await vi.waitFor(() => {
    expect(rig.started).toHaveLength(4);
  }, soon);
  await next.stop();
  await rig.startCoordinator();
  lastGate.open();
  return handle;
}

describe('a sweep that is asked how it stands while its coordinator is replaced', () => {
  it('has a history that can be repeated', async () => {
    const handle = await askInBetween(async (sweep) => {
      expect(await askStatus(harness.env.client, sweep, 15_000)).toBeDefined();
    });
    expect(await handle.result()).toMatchObject({ state: 'finished' });
    const history = await handle.fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: harness.bundle }, history);
  });
});

describe('a sweep whose history can not be repeated', () => {
  // Again where the question was slower than the signal, which is harmless.
  it('begins again from its ledger, and tells every outcome once', { retry: 2 }, async () => {
    // As Temporal's UI asks on the page of a workflow.
    const handle = await askInBetween((sweep) => sweep.query('__temporal_workflow_metadata'));
    expect(await handle.result()).toMatchObject({ state: 'finished' });
    const { runId, raw } = await handle.describe();
    expect(runId).not.toBe(raw.workflowExecutionInfo?.firstRunId);
    expect(rig.told.toSorted()).toEqual(['1', '2', '3', '4'].map((trial) => `${trial} complete`));
  });
});
