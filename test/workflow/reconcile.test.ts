import { afterAll, afterEach, beforeAll, expect, describe, it, vi } from 'vitest';
import { Worker } from '@temporalio/worker';
import { lookAgain } from '../../src/client/look-again.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import { trialWorkflowId } from '../../workflows/messages.js';
import { makeResult } from '../../workflows/trial.fixture.js';
import { createGate, openHarness, SweepRig, untilCancelled } from './harness.js';
import type { Harness } from './harness.js';

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
