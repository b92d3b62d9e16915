/** A sweep as workflows/sweep.ts drives it: its scheduler, coordinator and node, but no Temporal. */
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type {
  CoordinatorActivities,
  NodeActivities,
  NodeAdminActivities,
  OpenSweepInput,
  RunTrialInput,
  RunTrialResult,
  SweepSummary,
  TrialOutcome,
} from '../../activities/contracts.js';
import type { SchedulerCommand, SchedulerEvent } from '../../workflows/scheduler-state.js';
import { openScheduler, reduce } from '../../workflows/scheduler.js';
import { toOutcome } from '../../workflows/trial-outcome.js';

export interface SweepDrive {
  readonly coordinator: CoordinatorActivities;
  readonly node: NodeActivities & NodeAdminActivities;
  readonly open: OpenSweepInput;
  /** Trials in flight at once. */
  readonly capacity: number;
  /** Whether a trial is not to be run: it ends as cancelled, and the sweep as paused. */
  readonly isSkipped: (trial: RunTrialInput) => boolean;
  readonly onStart: (trial: RunTrialInput) => void;
  readonly onEnd: (trial: RunTrialInput) => void;
}

/** To the end of the sweep, or to its pause. */
export async function driveSweep(drive: SweepDrive): Promise<SweepSummary> {
  const { coordinator, node, open, capacity } = drive;
  const { ledgerId, sweep } = open;
  const events: SchedulerEvent[] = [];
  let wake = (): void => undefined;
  const push = (event: SchedulerEvent): void => {
    events.push(event);
    wake();
  };
  let summary: SweepSummary | undefined;

  const start = async (trial: RunTrialInput): Promise<void> => {
    if (drive.isSkipped(trial)) {
      const outcome: TrialOutcome = { trial: trial.trial, status: 'cancelled', reason: 'skipped' };
      push({ type: 'trialEnded', outcome });
      return;
    }
    drive.onStart(trial);
    const outcome = await runToOutcome(node, trial);
    drive.onEnd(trial);
    push({ type: 'trialEnded', outcome });
  };

  const perform = async (command: SchedulerCommand): Promise<void> => {
    switch (command.type) {
      case 'tellAsk': {
        const { type: _, ...request } = command;
        const reply = await coordinator.tellAsk({ ledgerId, sweep, ...request });
        // Before the outcomes that came meanwhile: they may be of trials that it hands out.
        events.unshift({ type: 'reply', reply });
        return;
      }
      case 'startTrials':
        for (const trial of command.trials) void start(trial);
        return;
      case 'release':
        for (const order of command.orders) {
          await node.releaseCheckpoint(order);
          push({ type: 'releaseDone', trial: order.trial });
        }
        return;
      case 'finish':
        summary = await coordinator.finishSweep({ ledgerId, sweep });
        return;
      case 'pause':
        summary = await coordinator.finishSweep({ ledgerId, sweep, pause: command.reason });
        return;
      case 'cancelTrials':
      case 'continueAsNew':
        throw new Error(`nobody asked for ${command.type}`);
    }
  };

  let state = openScheduler(capacity);
  push({ type: 'opened', ...(await coordinator.openSweep(open)) });
  for (;;) {
    const event = events.shift();
    if (event === undefined) {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      continue;
    }
    const step = reduce(state, event);
    state = step.state;
    for (const command of step.commands) await perform(command);
    if (summary !== undefined) return summary;
  }
}

/** As workflows/trial.ts, without its waiting between attempts. */
async function runToOutcome(node: NodeActivities, input: RunTrialInput): Promise<TrialOutcome> {
  for (let attempt = 1; ; attempt++) {
    const environment = new MockActivityEnvironment(
      { attempt },
      { logger: new DefaultLogger('ERROR') },
    );
    try {
      const result = await environment.run<
        [RunTrialInput],
        RunTrialResult,
        NodeActivities['runTrial']
      >((order) => node.runTrial(order), input);
      return { trial: input.trial, status: 'complete', result };
    } catch (error) {
      const isFinal = error instanceof ApplicationFailure && error.nonRetryable === true;
      if (isFinal || attempt >= input.maxAttempts) return toOutcome(input.trial, error, attempt);
    }
  }
}
