import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import {
  announceSignalName,
  capacitySignalName,
  coordinatorQueue,
  handedBackFailureType,
  nodeRefusedFailureType,
  stopSignalName,
  trialEndedSignalName,
  trialWorkflowId,
} from '../../workflows/messages.js';
import { makeComplete, makeResult } from '../../workflows/trial.fixture.js';
import { signalRegistry } from '../../src/worker/announce-node.js';
import { askStatus } from '../../src/client/start-sweep.js';
import { readProgress } from '../../src/client/trial-progress.js';
import type { ProgressByTrial } from '../../src/client/trial-progress.js';
import { createGate, openHarness, SweepRig, untilCancelled } from './harness.js';
import type { Harness } from './harness.js';

let harness: Harness;
let rig: SweepRig;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());
afterEach(() => rig.stop());

const range = (count: number): string[] => Array.from({ length: count }, (_, i) => `${i + 1}`);
const numerically = (a: string, b: string): number => parseInt(a) - parseInt(b);
const until = (check: () => void): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 25 });

describe('sweepWorkflow', () => {
  it('runs exactly the budget, never more at once than the capacity, and releases each', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 12 }));
    await rig.startCoordinator();
    await rig.startNode(10);
    const handle = await rig.start(3);
    expect(await handle.result()).toMatchObject({ state: 'finished', trialsProposed: 12 });
    expect([...rig.started].sort(numerically)).toEqual(range(12));
    expect(rig.told.sort(numerically)).toEqual(range(12).map((n) => `${n} complete`));
    expect(rig.mostAtOnce).toBeLessThanOrEqual(3);
    expect([...rig.released].sort(numerically)).toEqual(range(12));
    expect(rig.ledger.finished).toEqual([{ ledgerId: rig.ledgerId, sweep: 'demo' }]);
  });

  it('hands out the next trial while a slower one still runs', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 4 }));
    const slow = createGate();
    rig.runTrial = async ({ trial }) => {
      if (trial === '1') await slow.opened;
      return makeResult(trial);
    };
    await rig.startCoordinator();
    await rig.startNode(2);
    const handle = await rig.start(2);
    await until(() => {
      expect(rig.told).toEqual(['2 complete', '3 complete', '4 complete']);
    });
    slow.open();
    await handle.result();
    expect(rig.told.at(-1)).toBe('1 complete');
  });

  it('tells an outcome once though it is signalled again', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 3 }));
    const gate = createGate();
    rig.runTrial = async ({ trial }) => {
      if (trial === '3') await gate.opened;
      return makeResult(trial);
    };
    await rig.startCoordinator();
    await rig.startNode(1);
    const handle = await rig.start(1);
    await until(() => {
      expect(rig.told).toHaveLength(2);
    });
    await handle.signal(trialEndedSignalName, makeComplete('1'));
    await handle.signal(trialEndedSignalName, makeComplete('2'));
    gate.open();
    await handle.result();
    expect(rig.told).toEqual(['1 complete', '2 complete', '3 complete']);
  });

  it('lets a trial run again when its node gives it back, at once and without an attempt', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1, run: { maxAttempts: 1 } }));
    let runs = 0;
    rig.runTrial = ({ trial }) => {
      runs += 1;
      if (runs < 4)
        throw ApplicationFailure.create({ type: handedBackFailureType, nonRetryable: true });
      return Promise.resolve(makeResult(trial));
    };
    await rig.startCoordinator();
    await rig.startNode(1);
    await (await rig.start(1)).result();
    expect(runs).toBe(4);
    expect(rig.told).toEqual(['1 complete']);
  });

  it('tells the next node what those have used up that gave the trial back', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1, run: { maxAttempts: 1 } }));
    const uses = [1, 2].map((gpuSeconds) => ({ gpuSeconds, sinceMs: 5 }));
    const told: unknown[] = [];
    rig.runTrial = ({ trial, used }) => {
      told.push(used);
      const use = uses[told.length - 1];
      if (use === undefined) return Promise.resolve(makeResult(trial));
      const isLast = told.length === uses.length;
      const refusal = { node: 'node-1', reason: 'it broke' };
      throw ApplicationFailure.create({
        type: isLast ? nodeRefusedFailureType : handedBackFailureType,
        nonRetryable: true,
        details: isLast ? [refusal, use] : [use],
      });
    };
    await rig.startCoordinator();
    await rig.startNode(1);
    await (await rig.start(1)).result();
    expect(told).toEqual([undefined, ...uses]);
  });

  it('tells a failure with the class that the node gave, and goes on', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 2 }));
    const failure = { class: 'bad_score', reason: 'NaN', stage: 'collect', attempt: 1 } as const;
    rig.runTrial = ({ trial }) => {
      if (trial === '2') return Promise.resolve(makeResult(trial));
      throw ApplicationFailure.create({ nonRetryable: true, details: [failure] });
    };
    await rig.startCoordinator();
    await rig.startNode(1);
    expect(await (await rig.start(1)).result()).toMatchObject({ state: 'finished' });
    expect(rig.ledger.told[0]).toEqual({ trial: '1', status: 'failed', failure });
    expect(rig.told[1]).toBe('2 complete');
  });

  it('runs a trial on the node that holds its merge', async () => {
    const holder = { node: 'node-1', workKey: 'r-e' };
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 2, run: { holder } }));
    await rig.startCoordinator();
    await rig.startNode(1);
    await (await rig.start(1)).result();
    expect(rig.held).toEqual(['1', '2']);
    expect(rig.started).toEqual([]);
  });

  it('runs it anywhere when that node is away, or gives it back', async () => {
    const limits = { mergeMinutes: 0.02, evaluateMinutes: 1, stallMinutes: 1 };
    const holder = { node: 'node-9', workKey: 'r-e' };
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1, run: { holder, limits } }));
    await rig.startCoordinator();
    await rig.startNode(1);
    await (await rig.start(1)).result();
    expect(rig.started).toEqual(['1']);
    expect(rig.told).toEqual(['1 complete']);
    await rig.stop();

    const here = { node: 'node-1', workKey: 'r-e' };
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1, run: { holder: here } }));
    rig.runTrial = ({ trial }) => {
      if (rig.started.length > 0) return Promise.resolve(makeResult(trial));
      throw ApplicationFailure.create({ type: handedBackFailureType, nonRetryable: true });
    };
    await rig.startCoordinator();
    await rig.startNode(1);
    await (await rig.start(1)).result();
    expect([rig.held, rig.started]).toEqual([['1'], ['1']]);
    expect(rig.told).toEqual(['1 complete']);
  });

  it('tries a trial again that failed in passing', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1, run: { maxAttempts: 2 } }));
    let runs = 0;
    rig.runTrial = ({ trial }) => {
      runs += 1;
      if (runs === 1) throw ApplicationFailure.create({ message: 'CUDA', nextRetryDelay: 10 });
      return Promise.resolve(makeResult(trial));
    };
    await rig.startCoordinator();
    await rig.startNode(1);
    await (await rig.start(1)).result();
    expect(rig.started).toEqual(['1', '1']);
    expect(rig.told).toEqual(['1 complete']);
  });

  it('gives a trial of a lost node to the next one at once, also the third time, and counts no attempt', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1, run: { maxAttempts: 1 } }));
    rig.heartbeatSeconds = 1;
    const end = createGate();
    const startedAt: number[] = [];
    rig.runTrial = ({ trial }) => {
      // No heartbeat comes of these, as of a node that was switched off.
      const isLost = startedAt.push(Date.now()) < 4;
      return (isLost ? end.opened : Promise.resolve()).then(() => makeResult(trial));
    };
    await rig.startCoordinator();
    await rig.startNode(4);
    await (await rig.start(1)).result();
    end.open();
    expect(rig.told).toEqual(['1 complete']);
    // With pauses that double it would be 38 s; two seconds each are its silence and a breath.
    expect((startedAt[3] ?? Infinity) - (startedAt[0] ?? 0)).toBeLessThan(20_000);
  });

  it('ends in time though the node dies that was to drop a checkpoint', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1 }));
    const end = createGate();
    rig.release = () => end.opened;
    await rig.startCoordinator();
    await rig.startNode(1);
    const handle = await rig.start(1);
    const start = performance.now();
    await handle.result();
    end.open();
    expect(rig.released).toEqual(['1']);
    expect(performance.now() - start).toBeLessThan(60_000);
  });

  it('cancels what runs when it is stopped now, and ends as paused', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 9 }));
    rig.runTrial = () => untilCancelled();
    await rig.startCoordinator();
    await rig.startNode(2);
    const handle = await rig.start(2);
    await until(() => {
      expect(rig.started).toHaveLength(2);
    });
    await handle.signal(stopSignalName, 'now');
    expect(await handle.result()).toMatchObject({ state: 'paused', trialsProposed: 2 });
    expect(rig.told.sort()).toEqual(['1 cancelled', '2 cancelled']);
    expect(rig.ledger.finished[0]?.pause).toBe('stopped by the user');
  });

  it('takes a cancellation of the workflow as a stop, and still ends in order', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 9 }));
    rig.runTrial = () => untilCancelled();
    await rig.startCoordinator();
    await rig.startNode(1);
    const handle = await rig.start(1);
    await until(() => {
      expect(rig.started).toHaveLength(1);
    });
    await handle.cancel();
    expect(await handle.result()).toMatchObject({ state: 'paused' });
    expect(rig.told).toEqual(['1 cancelled']);
  });

  it('ends as paused when the ledger pauses it, and goes on when it is started again', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 6, pauseAfter: 3 }));
    await rig.startCoordinator();
    await rig.startNode(1);
    const first = await (await rig.start(1)).result();
    expect(first).toMatchObject({ state: 'paused', reason: 'eight failures in a row' });
    expect(rig.told).toHaveLength(3);
    rig.ledger.allowRest();
    expect(await (await rig.start(1)).result()).toMatchObject({ state: 'finished' });
    expect(rig.told).toHaveLength(6);
  });

  it('starts more trials when nodes announce themselves', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 4 }));
    const gate = createGate();
    rig.runTrial = async ({ trial }) => {
      await gate.opened;
      return makeResult(trial);
    };
    await rig.startCoordinator();
    await rig.startNode(4);
    const handle = await rig.start(0);
    const registry = {
      ...{ client: harness.env.client, pool: rig.pool },
      registryTaskQueue: coordinatorQueue(rig.ledgerId),
    };
    await signalRegistry(registry, announceSignalName, { nodeId: 'node-1', slots: 2 });
    await until(() => {
      expect(rig.started).toHaveLength(3);
    });
    expect(await askStatus(harness.env.client, handle, 10_000)).toMatchObject({ capacity: 3 });
    gate.open();
    expect(await handle.result()).toMatchObject({ state: 'finished' });
  });

  it('keeps a trial in flight over several continue-as-new, and loses no outcome', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 60 }));
    const [attached, detached] = [createGate(), createGate()];
    let first: string | undefined;
    rig.runTrial = async ({ trial }) => {
      const workflow = Context.current().info.workflowExecution?.workflowId;
      if (workflow === trialWorkflowId(rig.ledgerId, 'demo', trial)) first ??= trial;
      if (trial === '1') await attached.opened;
      // Handed out while the first run of the sweep only waits for trial 1.
      if (trial === first) {
        attached.open();
        await detached.opened;
      }
      return makeResult(trial);
    };
    await rig.startCoordinator();
    await rig.startNode(6);
    const handle = await rig.start(4, 6);
    await until(() => {
      expect(rig.ledger.opened).toBeGreaterThan(2);
    });
    // Started two runs before, ends in this one.
    detached.open();
    expect(await handle.result()).toMatchObject({ state: 'finished' });
    // One that ends while the sweep opens may start again: its node has the result.
    expect([...new Set(rig.started)].sort(numerically)).toEqual(range(60));
    expect([...rig.told].sort(numerically)).toEqual(range(60).map((n) => `${n} complete`));
  });

  it('runs the trials in flight again when the sweep was terminated and started again', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 4 }));
    let isCut = false;
    rig.runTrial = ({ trial }) => (isCut ? Promise.resolve(makeResult(trial)) : untilCancelled());
    await rig.startCoordinator();
    await rig.startNode(4);
    const first = await rig.start(2);
    await until(() => {
      expect(rig.started).toHaveLength(2);
    });
    isCut = true;
    await first.terminate('test');
    expect(await (await rig.start(2)).result()).toMatchObject({ state: 'finished' });
    expect([...rig.started].sort()).toEqual(['1', '1', '2', '2', '3', '4']);
    expect(rig.told).toHaveLength(4);
  });

  it('adopts trials that outlived the sweep, and starts those again that did not', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 3 }));
    const gate = createGate();
    let isFirst = true;
    rig.runTrial = async ({ trial }) => {
      if (trial === '1' && isFirst) {
        isFirst = false;
        return untilCancelled();
      }
      await gate.opened;
      return makeResult(trial);
    };
    await rig.startCoordinator();
    await rig.startNode(4);
    // What the first sweep was given is detached when the second one takes it up.
    const first = await rig.start(2);
    await until(() => {
      expect(rig.started).toHaveLength(2);
    });
    await first.terminate('test');
    const second = await rig.start(2);
    const { workflow } = harness.env.client;
    const detached = workflow.getHandle(trialWorkflowId(rig.ledgerId, 'demo', '1'));
    await vi.waitFor(() => detached.describe(), { timeout: 20_000, interval: 25 });
    await second.terminate('test');
    await detached.terminate('test');
    const third = await rig.start(2);
    await until(() => {
      expect(rig.ledger.opened).toBe(3);
    });
    gate.open();
    expect(await third.result()).toMatchObject({ state: 'finished' });
    expect(new Set(rig.started)).toEqual(new Set(['1', '2', '3']));
    expect([...rig.told].sort()).toEqual(['1 complete', '2 complete', '3 complete']);
  });

  it('says what attached and detached trials are doing', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1 }));
    const progress = { stage: 'evaluate', percent: 40, node: 'node-1' } as const;
    rig.runTrial = () => untilCancelled(progress);
    await rig.startCoordinator();
    await rig.startNode(2);
    const { client } = harness.env;
    const seen = (): Promise<ProgressByTrial> => readProgress(client, rig.ledgerId, 'demo', ['1']);
    const attached = await rig.start(1);
    await vi.waitFor(async () => {
      expect([...(await seen())]).toMatchObject([['1', progress]]);
    }, 20_000);
    await attached.terminate('test');
    const detached = await rig.start(1);
    await vi.waitFor(async () => {
      expect([...(await seen())]).toMatchObject([['1', progress]]);
    }, 20_000);
    await detached.signal(stopSignalName, 'now');
    await detached.result();
  });

  it('goes on where it was when its coordinator stopped and another one came', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 5 }));
    const gate = createGate();
    rig.runTrial = async ({ trial }) => {
      if (trial === '2') await gate.opened;
      return makeResult(trial);
    };
    const coordinator = await rig.startCoordinator();
    await rig.startNode(1);
    const handle = await rig.start(1);
    await until(() => {
      expect(rig.started).toEqual(['1', '2']);
    });
    await coordinator.stop();
    gate.open();
    await rig.startCoordinator();
    expect(await handle.result()).toMatchObject({ state: 'finished' });
    expect(rig.told).toEqual(range(5).map((n) => `${n} complete`));
  });

  it('asks the ledger again when its answer was lost, and tells no outcome twice', async () => {
    const ledger = new FakeLedger({ maxTrials: 2 });
    const answer = ledger.tellAsk.bind(ledger);
    const lost = new Set([1, 2]);
    ledger.tellAsk = (input) => {
      const reply = answer(input);
      if (lost.delete(input.requestId)) throw new Error('died after the commit');
      return reply;
    };
    rig = new SweepRig(harness, ledger);
    await rig.startCoordinator();
    await rig.startNode(1);
    expect(await (await rig.start(1)).result()).toMatchObject({ state: 'finished' });
    expect(rig.told).toEqual(['1 complete', '2 complete']);
  });

  it('attaches a second start to the sweep that runs', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 2 }));
    const gate = createGate();
    rig.runTrial = async ({ trial }) => {
      await gate.opened;
      return makeResult(trial);
    };
    await rig.startCoordinator();
    await rig.startNode(1);
    const [one, two] = [await rig.start(1), await rig.start(1)];
    gate.open();
    expect(await one.result()).toEqual(await two.result());
    expect(rig.started).toEqual(['1', '2']);
    expect(rig.ledger.opened).toBe(1);
  });

  it('waits while no node is there', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1 }));
    await rig.startCoordinator();
    const handle = await rig.start(0);
    await until(() => {
      expect(rig.ledger.opened).toBe(1);
    });
    expect(rig.ledger.handedOut).toEqual([]);
    await rig.startNode(1);
    await handle.signal(capacitySignalName, 1);
    expect(await handle.result()).toMatchObject({ state: 'finished' });
  });
});
