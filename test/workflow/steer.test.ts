import { Worker } from '@temporalio/worker';
import { ApplicationFailure } from '@temporalio/common';
import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SteerOrder, SteerReply } from '../../activities/contracts.js';
import { lookAgain } from '../../src/client/look-again.js';
import { askStatus } from '../../src/client/start-sweep.js';
import type { SweepHandle } from '../../src/client/start-sweep.js';
import { FakeLedger } from '../../workflows/ledger.fixture.js';
import { steerUpdateName } from '../../workflows/messages.js';
import { makeResult } from '../../workflows/trial.fixture.js';
import { createGate, openHarness, SweepRig, untilCancelled } from './harness.js';
import type { Harness } from './harness.js';

let harness: Harness;
let rig: SweepRig;
let handle: SweepHandle;
let count = 0;
let openGates = (): void => undefined;

beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());
afterEach(async () => {
  // A test that failed leaves trials that wait.
  openGates();
  await rig.stop();
});

const until = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 20_000, interval: 25 });

const steer = (order: SteerOrder, requestId = `order-${++count}`): Promise<SteerReply> =>
  handle.executeUpdate(steerUpdateName, { args: [{ requestId, order }], updateId: requestId });

/** Ordered twice, the second time as another process would whose answer was lost. */
async function steerTwice(order: SteerOrder): Promise<void> {
  const requestId = `twice-${++count}`;
  const first = await steer(order, requestId);
  expect(await steer(order, requestId)).toEqual(first);
}

async function begin(maxTrials: number, capacity: number, outcomesPerRun?: number): Promise<void> {
  rig = new SweepRig(harness, new FakeLedger({ maxTrials }));
  await rig.startCoordinator();
  await rig.startNode(capacity);
  handle = await rig.start(capacity, outcomesPerRun);
}

/** Trials wait for their turn, those that are named fail once. */
function controlTrials(...failing: string[]) {
  const gates = new Map<string, ReturnType<typeof createGate>>();
  const gateOf = (trial: string) => {
    const gate = gates.get(trial) ?? createGate();
    gates.set(trial, gate);
    return gate;
  };
  let isOver = false;
  openGates = () => {
    isOver = true;
    for (const gate of gates.values()) gate.open();
  };
  const left = new Set(failing);
  rig.runTrial = async ({ trial }) => {
    if (!isOver) await gateOf(trial).opened;
    if (!left.delete(trial)) return makeResult(trial);
    const failure = { class: 'crash', reason: 'r', stage: 'merge', attempt: 3 } as const;
    throw ApplicationFailure.create({ nonRetryable: true, details: [failure] });
  };
  return (...trials: string[]) => {
    for (const trial of trials) gateOf(trial).open();
  };
}

const startedAre = (...trials: string[]) =>
  until(() => {
    expect([...rig.started].sort()).toEqual(trials);
  });
const toldAre = (...told: string[]) =>
  until(() => {
    expect(rig.told).toEqual(told);
  });

/** How many events of updates the sweep's history has. */
async function countUpdates(): Promise<number> {
  const { events = [] } = await handle.fetchHistory();
  return (events ?? []).filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)
    .length;
}

describe('steering a sweep', () => {
  it('lets what runs end while it is held, hands nothing out, and goes on when it is resumed', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 4 }));
    const release = controlTrials();
    await rig.startCoordinator();
    await rig.startNode(2);
    handle = await rig.start(2);
    await startedAre('1', '2');
    await steerTwice({ kind: 'pause' });
    release('1', '2');
    await until(() => {
      expect(rig.told.sort()).toEqual(['1 complete', '2 complete']);
    });
    const status = await askStatus(harness.env.client, handle, 10_000);
    expect(status).toMatchObject({ isHeld: true, inFlight: [], state: 'running' });
    expect(rig.ledger.handedOut).toEqual(['1', '2']);
    release('3', '4');
    await steerTwice({ kind: 'resume' });
    expect(await handle.result()).toMatchObject({ state: 'finished', trialsProposed: 4 });
    expect(rig.ledger.orders.map(({ kind }) => kind)).toEqual(['pause', 'resume']);
  });

  it('tries more when it is extended, though the budget was handed out', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 1 }));
    const release = controlTrials();
    await rig.startCoordinator();
    await rig.startNode(2);
    handle = await rig.start(2);
    await startedAre('1');
    await steerTwice({ kind: 'extend', trials: 2 });
    await startedAre('1', '2');
    release('1', '2', '3');
    expect(await handle.result()).toMatchObject({ state: 'finished', trialsProposed: 3 });
  });

  it('runs a failed trial again under its number', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 2 }));
    const release = controlTrials('1');
    await rig.startCoordinator();
    await rig.startNode(2);
    handle = await rig.start(2);
    release('1');
    await toldAre('1 failed');
    await steerTwice({ kind: 'retry', trials: ['1'] });
    await toldAre('1 failed', '1 complete');
    release('2');
    expect(await handle.result()).toMatchObject({ state: 'finished', trialsProposed: 2 });
    expect(rig.ledger.retried).toEqual(['1']);
  });

  it('makes the next candidate of the injected one', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 3 }));
    const release = controlTrials();
    await rig.startCoordinator();
    await rig.startNode(1);
    handle = await rig.start(1);
    await startedAre('1');
    await steerTwice({ kind: 'inject', params: { weight: 0.5 } });
    release('1', '2', '3');
    await handle.result();
    expect(rig.ledger.injected).toEqual(['2']);
  });

  it('drains when it is stopped, also when it is held', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 9 }));
    const release = controlTrials();
    await rig.startCoordinator();
    await rig.startNode(2);
    handle = await rig.start(2);
    await startedAre('1', '2');
    await steer({ kind: 'pause' });
    await steerTwice({ kind: 'stop' });
    release('1', '2');
    expect(await handle.result()).toMatchObject({ state: 'paused', trialsProposed: 2 });
    expect(rig.told.sort()).toEqual(['1 complete', '2 complete']);
  });

  it('kills what runs when it is cancelled, also after it was told to stop', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 9 }));
    rig.runTrial = () => untilCancelled();
    await rig.startCoordinator();
    await rig.startNode(2);
    handle = await rig.start(2);
    await startedAre('1', '2');
    await steer({ kind: 'stop' });
    await steerTwice({ kind: 'cancel' });
    expect(await handle.result()).toMatchObject({ state: 'paused' });
    expect(rig.told.sort()).toEqual(['1 cancelled', '2 cancelled']);
  });

  it('refuses malformed orders, and those that make no sense now, without a trace', async () => {
    await begin(9, 1);
    rig.runTrial = () => untilCancelled();
    await steer({ kind: 'stop' });
    const before = await countUpdates();
    const bad = [
      { kind: 'extend', trials: 0 },
      { kind: 'inject', params: { weight: 'much' } },
      { kind: 'stop' },
      { kind: 'resume' },
    ] as SteerOrder[];
    for (const order of bad) {
      const error = await steer(order).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(WorkflowUpdateFailedError);
      expect((error as Error).cause).toMatchObject({ type: 'steer_refused' });
    }
    expect(await countUpdates()).toBe(before);
    expect(rig.ledger.orders).toEqual([{ kind: 'stop' }]);
    await steer({ kind: 'cancel' });
    await handle.result();
  });

  it('gives the ledger’s refusal to the one who ordered, and goes on', async () => {
    await begin(1, 1);
    const refusal = ApplicationFailure.nonRetryable('no trial 7', 'steer_refused');
    rig.ledger.steer = () => {
      throw refusal;
    };
    const gate = createGate();
    rig.runTrial = async ({ trial }) => {
      await gate.opened;
      return makeResult(trial);
    };
    await expect(steer({ kind: 'retry', trials: ['7'] })).rejects.toMatchObject({
      cause: { cause: { type: 'steer_refused', message: 'no trial 7' } },
    });
    gate.open();
    expect(await handle.result()).toMatchObject({ state: 'finished' });
  });

  it('asks the ledger again when its answer was lost, which carries the order out once', async () => {
    const ledger = new FakeLedger({ maxTrials: 1 });
    const answer = ledger.steer.bind(ledger);
    let isLost = true;
    ledger.steer = (input) => {
      const reply = answer(input);
      if (isLost) {
        isLost = false;
        throw new Error('died after the commit');
      }
      return reply;
    };
    rig = new SweepRig(harness, ledger);
    const release = controlTrials();
    await rig.startCoordinator();
    await rig.startNode(1);
    handle = await rig.start(1);
    await startedAre('1');
    await steer({ kind: 'extend', trials: 1 });
    release('1', '2');
    expect(await handle.result()).toMatchObject({ trialsProposed: 2 });
    expect(ledger.orders).toHaveLength(1);
  });

  it('takes orders all the while it continues as new, and loses none', async () => {
    await begin(20, 3, 2);
    // The last trial waits for the orders: a sweep that has ended takes none.
    const ordered = createGate();
    rig.runTrial = async ({ trial }) => {
      if (trial === '20') await ordered.opened;
      return makeResult(trial);
    };
    for (let extension = 0; extension < 5; extension++)
      await steerTwice({ kind: 'extend', trials: 1 });
    await steerTwice({ kind: 'pause' });
    await steerTwice({ kind: 'resume' });
    ordered.open();
    expect(await handle.result()).toMatchObject({ state: 'finished', trialsProposed: 25 });
    expect(rig.ledger.opened).toBeGreaterThan(2);
  });

  it('looks again after the ledger was changed while no coordinator ran', async () => {
    rig = new SweepRig(harness, new FakeLedger({ maxTrials: 2 }));
    const coordinator = await rig.startCoordinator();
    await rig.startNode(1);
    handle = await rig.start(1);
    await steer({ kind: 'pause' });
    await until(async () => {
      const status = await askStatus(harness.env.client, handle, 10_000);
      expect(status).toMatchObject({ isHeld: true, inFlight: [] });
    });
    await coordinator.stop();
    rig.ledger.isHeld = false;
    await rig.startCoordinator();
    await lookAgain(harness.env.client, rig.ledgerId, ['demo', 'not there']);
    expect(await handle.result()).toMatchObject({ state: 'finished' });
  });

  it('has a history that replays', async () => {
    await begin(6, 2);
    await steer({ kind: 'pause' });
    await steer({ kind: 'extend', trials: 1 });
    await steer({ kind: 'resume' });
    await handle.result();
    const history = await handle.fetchHistory();
    await Worker.runReplayHistory({ workflowBundle: harness.bundle }, history);
  });
});
