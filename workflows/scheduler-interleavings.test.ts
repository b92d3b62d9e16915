import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SteerOrder, TrialId } from '../activities/contracts.js';
import { FakeLedger } from './ledger.fixture.js';
import { carry, openScheduler, reduce } from './scheduler.js';
import type { SchedulerCommand, SchedulerEvent, TrialEnded } from './scheduler-state.js';
import { makeComplete, makeFailed } from './trial.fixture.js';

const ended = (trial: TrialId, isFailed = false): SchedulerEvent => ({
  type: 'trialEnded',
  outcome: isFailed ? makeFailed(trial) : makeComplete(trial),
});

const isTrialEnded = (event: SchedulerEvent): event is TrialEnded => event.type === 'trialEnded';

const orders: readonly SteerOrder[] = [
  { kind: 'pause' },
  { kind: 'resume' },
  { kind: 'retry' },
  { kind: 'inject', params: {} },
  { kind: 'extend', trials: 2 },
];
/** Growing for ever it would never end. */
const mostExtensions = 3;

describe('reduce under random interleavings', () => {
  interface World {
    readonly ledger: FakeLedger;
    /** Trials that run, by whether they end with the run of the sweep. */
    readonly running: Map<TrialId, { readonly isAttached: boolean }>;
    maxSeen: number;
    orders: number;
    end?: SchedulerCommand;
    runs: number;
  }

  /** Drives scheduler and ledger with choices from fast-check until the sweep ends. */
  function simulate(
    choose: (count: number) => number,
    options: { maxTrials: number; capacity: number; pauseAfter?: number },
  ): World {
    const ledger = new FakeLedger(options);
    const world: World = { ledger, running: new Map(), maxSeen: 0, orders: 0, runs: 1 };
    let capacity = options.capacity;
    let state = openScheduler(capacity);
    let queue: SchedulerEvent[] = [{ type: 'opened', ...ledger.openSweep() }];
    const perform = (command: SchedulerCommand): void => {
      switch (command.type) {
        case 'tellAsk': {
          const before = ledger.inFlight.length - command.outcomes.length;
          const answer = ledger.tellAsk(command);
          if (answer.trials.length > 0)
            expect(before + answer.trials.length).toBeLessThanOrEqual(options.capacity + 2);
          // The activity may run twice.
          expect(ledger.tellAsk(command)).toBe(answer);
          queue.unshift({ type: 'reply', reply: answer });
          return;
        }
        case 'startTrials':
          for (const { trial } of command.trials) {
            const known = world.running.get(trial);
            if (known === undefined) {
              expect(ledger.inFlight).toContain(trial);
              world.running.set(trial, command);
            } else expect([known.isAttached, command.isAttached]).toEqual([false, false]);
          }
          return;
        case 'release':
          for (const { trial } of command.orders) queue.push({ type: 'releaseDone', trial });
          return;
        case 'continueAsNew': {
          expect([...world.running.values()].filter((trial) => trial.isAttached)).toEqual([]);
          const next = carry(state, queue);
          state = openScheduler(next.capacity, next.carried);
          // The activities of a run end with it.
          queue = [];
          queue.push({ type: 'opened', ...ledger.openSweep() });
          world.runs += 1;
          return;
        }
        case 'cancelTrials':
          for (const trial of command.trials) {
            const cancelled = world.running.get(trial);
            if (cancelled === undefined || !world.running.delete(trial)) continue;
            const outcome = { trial, status: 'cancelled', reason: 'handed in' } as const;
            queue.push({ type: 'trialEnded', outcome, isDetached: !cancelled.isAttached });
          }
          return;
        case 'finish':
        case 'pause':
          world.end = command;
          return;
      }
    };
    /** Carried out by the ledger at once, heard of by the scheduler whenever its turn comes. */
    const steer = (order: SteerOrder): void => {
      const extensions = ledger.orders.filter(({ kind }) => kind === 'extend').length;
      if (ledger.isDone() || (order.kind === 'extend' && extensions >= mostExtensions)) return;
      world.orders += 1;
      const requestId = `order-${world.orders}`;
      const { isHeld, state: sweepState } = ledger.steer({ requestId, order });
      queue.push({ type: 'steered', isHeld, state: sweepState });
      // Its answer was lost, so it comes again.
      if (choose(3) === 0) queue.push({ type: 'steered', ...ledger.steer({ requestId, order }) });
    };
    for (let step = 0; step < 10_000 && world.end === undefined; step += 1) {
      const running = [...world.running.keys()];
      const act = choose(8);
      if (act === 7) steer(orders[choose(orders.length)]!);
      // Whoever holds a sweep lets it go at last.
      if (step > 5_000 && ledger.isHeld) steer({ kind: 'resume' });
      if (act <= 2 && running.length > 0) {
        const trial = running[choose(running.length)]!;
        world.running.delete(trial);
        const isFailed = choose(4) === 0;
        queue.push(ended(trial, isFailed));
        // A failure comes once: after a retry it would be taken for the new one.
        if (act === 2 && !isFailed) queue.push(ended(trial));
      } else if (act === 3) {
        capacity = 1 + choose(options.capacity);
        queue.push({ type: 'capacityChanged', capacity });
      } else if (act === 4 && choose(4) === 0) queue.push({ type: 'rotationDue' });
      else if (act === 5 && choose(6) === 0) {
        // Terminated: it never signals; the next reconciliation starts it again.
        const lost = running.find((trial) => !world.running.get(trial)!.isAttached);
        if (lost !== undefined) world.running.delete(lost);
      } else if (act === 5 && choose(3) === 0 && running.length > 0) {
        // Another node had finished it, cut off, and says so now; perhaps twice.
        const outcome = makeComplete(running[choose(running.length)]!);
        for (let times = choose(2); times >= 0; times -= 1)
          queue.push({ type: 'handedIn', outcome });
      } else if (act === 6 && state.phase !== 'opening' && state.asked === undefined) {
        queue.unshift({ type: 'reconciled', ...ledger.openSweep() });
      }
      let event = queue.shift();
      if (event === undefined) continue;
      if (event.type === 'opened' || event.type === 'reconciled') {
        // What ended while the ledger was read is taken in with its answer, as the shell does.
        event = { ...event, ended: queue.filter(isTrialEnded) };
        queue = queue.filter((other) => !isTrialEnded(other));
      }
      const before = state;
      const result = reduce(state, event);
      state = result.state;
      if (before.asked !== undefined && event.type !== 'reply')
        expect(result.commands.filter((command) => command.type === 'tellAsk')).toEqual([]);
      for (const command of result.commands) perform(command);
      world.maxSeen = Math.max(world.maxSeen, ledger.inFlight.length);
    }
    return world;
  }

  it('ends, with the exact budget, every outcome told once, never above capacity, however it is steered', () => {
    fc.assert(
      fc.property(
        fc.infiniteStream(fc.nat()),
        fc.integer({ min: 1, max: 25 }),
        fc.integer({ min: 1, max: 6 }),
        (choices, maxTrials, capacity) => {
          const choose = (count: number): number => Number(choices.next().value) % count;
          const world = simulate(choose, { maxTrials, capacity });
          expect(world.end).toEqual({ type: 'finish' });
          const told = world.ledger.told.map((outcome) => outcome.trial);
          const { handedOut, retried } = world.ledger;
          expect(new Set(told).size).toBe(world.ledger.maxTrials);
          expect(handedOut).toHaveLength(world.ledger.maxTrials);
          expect(told).toHaveLength(handedOut.length + retried.length);
          expect(world.maxSeen).toBeLessThanOrEqual(capacity);
        },
      ),
      { numRuns: 300 },
    );
  });
});
