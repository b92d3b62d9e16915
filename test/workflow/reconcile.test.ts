import { afterAll, afterEach, beforeAll, expect, describe, it, vi } from 'vitest';
import { NativeConnection, Worker } from '@temporalio/worker';
import { lookAgain } from '../../src/client/look-again.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import { trialWorkflowId } from '../../workflows/messages.js';
import { makeResult } from '../../workflows/trial.fixture.js';
import { createGate, openHarness, SweepRig, untilCancelled } from './harness.js';
import type { Harness } from './harness.js';
import { openLine } from './line.js';

/** Temporal's TIMEOUT_TYPE_SCHEDULE_TO_START: nobody took the task in time. */
const scheduleToStart = 2;

let harness: Harness;
let rig: SweepRig;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());
afterEach(() => rig.stop());

describe('a sweep that reads its ledger again', () => {
  it('does not start a detached trial again that ends meanwhile, and tells its outcome once', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 2 }));
    const gate = createGate();
    let isCut = false;
    rig.runTrial = async ({ trial }) => {
      if (!isCut) return untilCancelled();
      await gate.opened;
      return makeResult(trial);
    };
    await rig.startCoordinator();
    await rig.startNode(2);
    const { client } = harness.env;
    const first = await rig.start(1);
    await vi.waitFor(
      () => {
        expect(rig.started).toEqual(['1']);
      },
      { timeout: 20_000, interval: 25 },
    );
    isCut = true;
    await first.terminate('test');
    // What was in flight is detached now.
    const second = await rig.start(1);
    const detached = client.workflow.getHandle(trialWorkflowId(rig.ledgerId, 'demo', '1'));
    await vi.waitFor(() => detached.describe(), { timeout: 20_000, interval: 25 });
    rig.afterReading = async () => {
      gate.open();
      // It has told the sweep before it ends itself.
      await detached.result();
    };
    await lookAgain(client, rig.ledgerId, ['demo']);
    expect(await second.result()).toMatchObject({ state: 'finished' });
    expect(rig.started).toEqual(['1', '1', '2']);
    expect(rig.told).toEqual(['1 complete', '2 complete']);
    const history = await second.fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: harness.bundle }, history);
  });
});

describe('a sweep whose coordinator died', () => {
  // Again where a signal came between the cut and the order to forget: that one waits.
  it('goes to the next one without waiting for an answer of the dead', { retry: 2 }, async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1 }));
    const gate = createGate();
    rig.runTrial = async ({ trial }) => {
      await gate.opened;
      return makeResult(trial);
    };
    const line = await openLine(harness.env.address);
    try {
      await rig.startCoordinator(await NativeConnection.connect({ address: line.address }));
      await rig.startNode(1);
      const handle = await rig.start(1);
      await vi.waitFor(
        () => {
          expect(rig.started).toEqual(['1']);
        },
        { timeout: 20_000, interval: 25 },
      );
      line.cut();
      await lookAgain(harness.env.client, rig.ledgerId, ['demo']);
      await rig.startCoordinator();
      gate.open();
      expect(await handle.result()).toMatchObject({ state: 'finished' });
      const { events } = await handle.fetchHistory();
      const waits = events?.map((event) => event.workflowTaskTimedOutEventAttributes?.timeoutType);
      expect(waits).not.toContain(scheduleToStart);
    } finally {
      line.mend();
      await rig.stop();
      line.close();
    }
  });
});
