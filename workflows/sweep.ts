/** A sweep: the shell that carries out what the scheduler decides, one command after the other. */
import {
  ActivityCancellationType,
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  defineUpdate,
  getExternalWorkflowHandle,
  log,
  ParentClosePolicy,
  patched,
  proxyActivities,
  proxyLocalActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  CoordinatorActivities,
  NodeAdminActivities,
  ReleaseOrder,
  RunTrialInput,
  SteerReply,
  SweepProgress,
  SweepSummary,
  TrialId,
  TrialOutcome,
} from '../activities/contracts.js';
import { answer } from './answer.js';
import { findMalformation, findMisfit } from './check-order.js';
import {
  beginAgain,
  capacitySignalName,
  handInSignalName,
  lookAgainSignalName,
  nodeQueue,
  refusedOrderType,
  steerUpdateName,
  stopSignalName,
  sweepEndedType,
  sweepStatusQuestion,
  trialActivityId,
  trialWorkflowId,
} from './messages.js';
import type { SteerMessage, StopMode, SweepStatus, SweepWorkflowInput } from './messages.js';
import { runToOutcome } from './run-to-outcome.js';
import { Sharing } from './sharing.js';
import { carry, openScheduler, reduce } from './scheduler.js';
import type {
  SchedulerCommand,
  SchedulerEvent,
  SchedulerState,
  TrialEnded,
} from './scheduler-state.js';
import { describeSweep } from './sweep-details.js';
import { summarizeTrial } from './trial-summary.js';
import { trialEndedSignal, trialWorkflow } from './trial.js';

export const capacitySignal =
  defineSignal<[capacity: number, isShared?: boolean]>(capacitySignalName);
export const stopSignal = defineSignal<[StopMode]>(stopSignalName);
export const handInSignal = defineSignal<[TrialOutcome]>(handInSignalName);
export const lookAgainSignal = defineSignal(lookAgainSignalName);
export const steerUpdate = defineUpdate<SteerReply, [SteerMessage]>(steerUpdateName);

/** A detached trial that was terminated never signals: so often the ledger is asked what it awaits. */
const reconcileEveryMs = 10 * 60_000;

// Every one may run twice, so they are tried until they succeed. The time-out is what a sweep
// waits for after its coordinator died in the middle of one; they take milliseconds.
const untilItSucceeds = {
  startToCloseTimeout: '20 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
} as const;
const coordinator = proxyActivities<CoordinatorActivities>(untilItSucceeds);
/**
 * Within the workflow task: a trial then costs Temporal one task and one activity. Serial, for the SDK
 * can't replay local activities that overlap.
 */
const withinTheTask = proxyLocalActivities<Pick<CoordinatorActivities, 'tellAsk'>>({
  ...untilItSucceeds,
  // Longer waits (a full disk) are timers: queries are answered meanwhile.
  localRetryThreshold: '3 seconds',
});

/**
 * Runs a sweep to its end or to a pause. Cancelling it cancels its trials and ends as a pause.
 * @throws when the ledger refuses the sweep (another spec under its name, another ledger's id)
 */
export async function sweepWorkflow(input: SweepWorkflowInput): Promise<SweepSummary> {
  const { ledgerId, sweep } = input.open;
  const { heartbeatSeconds } = input;
  const where = {
    ...(input.pool === undefined ? {} : { pool: input.pool }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
  };
  const outcomesPerRun = input.outcomesPerRun ?? 250;
  const isLean = patched('one-activity-per-trial');
  const { tellAsk } = isLean ? withinTheTask : coordinator;
  let state: SchedulerState = openScheduler(input.capacity, input.carried, isLean);
  const sharing = new Sharing(input.pool, input.isSharing ?? false);
  const attached = new Map<TrialId, CancellationScope>();
  const events: SchedulerEvent[] = [];
  let summary: SweepSummary | undefined;
  let progress: SweepProgress | undefined;
  let isReconcileDue = false;
  let isLedgerChanged = false;
  /** Orders are carried out one after the other: the ledger's answers come in its own order. */
  let latestOrder: Promise<unknown> = Promise.resolve();

  setHandler(trialEndedSignal, (outcome) => {
    events.push({ type: 'trialEnded', outcome, isDetached: true });
  });
  setHandler(handInSignal, (outcome) => void events.push({ type: 'handedIn', outcome }));
  setHandler(capacitySignal, (capacity, isShared = false) => {
    sharing.hear(isShared);
    events.push({ type: 'capacityChanged', capacity });
  });
  setHandler(stopSignal, (mode) => void events.push({ type: 'stopRequested', mode }));
  answer(sweepStatusQuestion, (): SweepStatus => ({
    inFlight: state.inFlight,
    capacity: state.capacity,
    summary: state.sweep.summary,
    state: state.stop === undefined ? state.sweep.state : 'stopping',
    ...(state.sweep.reason === undefined ? {} : { reason: state.sweep.reason }),
    ...(state.isHeld ? { isHeld: true } : {}),
    ...(state.phase === 'opening' ? { isOpening: true } : {}),
  }));
  setHandler(lookAgainSignal, () => {
    [isReconcileDue, isLedgerChanged] = [true, true];
  });
  setHandler(steerUpdate, steer, { validator: refuseOrder });
  CancellationScope.current().cancelRequested.catch(() => {
    events.push({ type: 'stopRequested', mode: 'now' });
  });

  const { attempt, runId } = workflowInfo();
  const isAgain = attempt > 1;
  if (isAgain) sharing.subscribe(input.turn);

  const work = CancellationScope.nonCancellable(async () => {
    void repeatEvery(reconcileEveryMs, () => (isReconcileDue = true));
    const opened = await coordinator.openSweep({
      ...input.open,
      isReconciling: input.carried !== undefined || isAgain,
      ...(isAgain && { begunAgain: runId }),
    });
    events.unshift({ type: 'opened', ...opened, ...takeEnded() });
    for (;;) {
      await condition(() => events.length > 0 || isReconcileDue);
      const event = events.shift();
      if (event === undefined) {
        const isChanged = isLedgerChanged;
        [isReconcileDue, isLedgerChanged] = [false, false];
        // The registry may have begun again meanwhile.
        if (patched('subscribes-again')) sharing.subscribe(input.turn);
        const ledger = await coordinator.openSweep({ ...input.open, isReconciling: true });
        const { pending, isHeld = false } = ledger;
        events.unshift({ type: 'reconciled', pending, isHeld, isChanged, ...takeEnded() });
        continue;
      }
      const step = reduce(state, event);
      state = step.state;
      sharing.tell(state);
      setCurrentDetails(describeSweep(sweep, state, progress));
      for (const command of step.commands) await perform(command);
      if (summary !== undefined) return summary;
      const isLong = state.told >= outcomesPerRun || workflowInfo().continueAsNewSuggested;
      if (isLong && !state.isRotationDue) events.push({ type: 'rotationDue' });
    }
  });
  return work.catch(endForGood);

  /** What ended while the ledger was read goes with its answer: it awaits these trials still. */
  function takeEnded(): { readonly ended?: readonly TrialEnded[] } {
    const isEnd = (event: SchedulerEvent): event is TrialEnded => event.type === 'trialEnded';
    const ended = events.filter(isEnd);
    if (ended.length === 0 || !patched('ended-while-reading')) return {};
    const others = events.filter((event) => !isEnd(event));
    events.splice(0, events.length, ...others);
    return { ended };
  }

  async function perform(command: SchedulerCommand): Promise<void> {
    switch (command.type) {
      case 'tellAsk': {
        const { type: _, ...request } = command;
        const reply = await tellAsk({ ledgerId, sweep, ...request });
        progress = reply.progress ?? progress;
        // Before the outcomes that came meanwhile: they may be of trials that it hands out.
        events.unshift({ type: 'reply', reply });
        return;
      }
      case 'startTrials':
        if (command.isAttached) command.trials.forEach(attach);
        else await Promise.all(command.trials.map(detach));
        return;
      case 'cancelTrials':
        await Promise.all(command.trials.map(cancelTrial));
        return;
      case 'release':
        for (const order of command.orders) void release(order);
        return;
      case 'continueAsNew':
        await condition(allHandlersFinished);
        await continueAsNew<typeof sweepWorkflow>({
          ...{ ...input, ...carry(state, events) },
          isSharing: sharing.isOn,
        });
        return;
      case 'finish':
        await condition(allHandlersFinished);
        sharing.leave();
        summary = await coordinator.finishSweep({ ledgerId, sweep });
        return;
      case 'pause':
        await condition(allHandlersFinished);
        sharing.leave();
        summary = await coordinator.finishSweep({ ledgerId, sweep, pause: command.reason });
        return;
    }
  }

  /** Throws what is refused: such an order leaves no trace in the history. */
  function refuseOrder({ order }: SteerMessage): void {
    if (state.phase === 'ended')
      throw ApplicationFailure.nonRetryable('the sweep has just ended', sweepEndedType);
    const reason = findMalformation(order) ?? findMisfit(order, state.stop);
    if (reason !== undefined) throw ApplicationFailure.nonRetryable(reason, refusedOrderType);
  }

  function steer(message: SteerMessage): Promise<SteerReply> {
    // Also an order that came with a cancellation of the workflow is carried out.
    const reply = CancellationScope.nonCancellable(async () => {
      await latestOrder;
      // Before that the ledger may not know the sweep.
      await condition(() => state.phase !== 'opening');
      const { order } = message;
      const {
        isHeld,
        state: sweepState,
        ...said
      } = await coordinator.steer({ ledgerId, sweep, ...message });
      const { reason } = said;
      events.push({
        type: 'steered',
        ...{ isHeld, state: sweepState },
        ...(reason === undefined ? {} : { reason }),
      });
      if (order.kind === 'stop') events.push({ type: 'stopRequested', mode: 'drain' });
      if (order.kind === 'cancel') events.push({ type: 'stopRequested', mode: 'now' });
      return { isHeld, state: sweepState, ...said };
    });
    latestOrder = reply.catch(() => undefined);
    return reply;
  }

  function attach(run: RunTrialInput): void {
    const { trial } = run;
    const scope = new CancellationScope();
    attached.set(trial, scope);
    const named = { activityId: trialActivityId(trial), summary: summarizeTrial(run) };
    const ended = scope.run(() => runToOutcome(run, { ...where, ...named }));
    void ended.then((outcome) => {
      attached.delete(trial);
      events.push({ type: 'trialEnded', outcome });
    });
  }

  async function detach(run: RunTrialInput): Promise<void> {
    try {
      await startChild(trialWorkflow, {
        workflowId: trialWorkflowId(ledgerId, sweep, run.trial),
        args: [{ run, parentId: workflowInfo().workflowId, ...where }],
        // It outlives continue-as-new and a lost sweep; its result is worth minutes of a GPU.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        staticSummary: summarizeTrial(run),
        retry: beginAgain,
      });
    } catch (error) {
      // It runs since a former run of the sweep, and will signal this one.
      if (!(error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError'))
        throw error;
    }
  }

  async function cancelTrial(trial: TrialId): Promise<void> {
    const scope = attached.get(trial);
    if (scope !== undefined) {
      scope.cancel();
      return;
    }
    try {
      await getExternalWorkflowHandle(trialWorkflowId(ledgerId, sweep, trial)).cancel();
    } catch {
      // It ended by itself: its outcome is on the way.
    }
  }

  async function release(order: ReleaseOrder): Promise<void> {
    const { releaseCheckpoint } = proxyActivities<NodeAdminActivities>({
      taskQueue: nodeQueue(order.node),
      // A node that is away, or dies in the middle of it, deletes the checkpoint in its own sweep when it
      // is back: the end of this one waits no longer.
      scheduleToStartTimeout: '15 seconds',
      startToCloseTimeout: '15 seconds',
      retry: { maximumAttempts: 1 },
    });
    try {
      await releaseCheckpoint(order);
    } catch (error) {
      log.warn('A checkpoint was not released; its node will', { ...order, error });
    }
    events.push({ type: 'releaseDone', trial: order.trial });
  }
}

/** What the ledger refuses it refuses again: no reason to begin anew. */
function endForGood(error: unknown): never {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) throw error;
  throw ApplicationFailure.create({
    message: cause.message,
    ...(cause.type == null ? {} : { type: cause.type }),
    ...{ nonRetryable: true, cause },
  });
}

async function repeatEvery(intervalMs: number, act: () => void): Promise<never> {
  for (;;) {
    await sleep(intervalMs);
    act();
  }
}
