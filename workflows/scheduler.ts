/**
 * The order of a sweep as a pure reducer: (state, event) → (state, commands). `sweep.ts` is its
 * shell on Temporal. Rules it keeps, whatever the order of events:
 * one `tellAsk` outstanding at most; what is handed out never exceeds what was free when it was
 * asked for; every outcome is told once; it ends only when nothing is in flight, and a held one only
 * when it is stopped or paused.
 */
import type {
  ReleaseOrder,
  RunTrialInput,
  TellAskReply,
  TrialId,
  TrialOutcome,
} from '../activities/contracts.js';
import type { StopMode } from './messages.js';
import type {
  Carried,
  SchedulerCommand,
  SchedulerEvent,
  SchedulerState,
  Step,
  TellAskRequest,
  TrialEnded,
} from './scheduler-state.js';

/** Outcomes told at once: 256 KB each at most, and an activity's input may be 2 MB. */
const maxOutcomesPerTell = 6;

/**
 * The state before `opened`.
 * @param isAttaching false in sweeps that began when every trial was detached
 */
export function openScheduler(
  capacity: number,
  carried?: Carried,
  isAttaching = true,
): SchedulerState {
  return {
    phase: 'opening',
    capacity,
    nextRequestId: carried?.requestId ?? 1,
    inFlight: [],
    attached: [],
    isAttaching,
    untold: carried?.outcomes ?? [],
    ...(carried?.stop === undefined ? {} : { stop: carried.stop }),
    isDry: false,
    isHeld: false,
    releasing: carried?.releases ?? [],
    isRotationDue: false,
    told: 0,
    sweep: { state: 'running', summary: 'opening' },
  };
}

/** One step. Total: an event that makes no sense now (a duplicate, a late reply) changes nothing. */
export function reduce(state: SchedulerState, event: SchedulerEvent): Step {
  if (state.phase === 'ended') return { state, commands: [] };
  const taken = take(state, event);
  const next = decide(taken.state);
  return { state: next.state, commands: [...taken.commands, ...next.commands] };
}

/** What the next run needs, events that came after `continueAsNew` was decided included. */
export function carry(
  decided: SchedulerState,
  late: readonly SchedulerEvent[],
): { readonly capacity: number; readonly carried: Carried } {
  const state = late.reduce((before, event) => take(before, event).state, decided);
  return {
    capacity: state.capacity,
    carried: {
      requestId: state.nextRequestId,
      inFlight: state.inFlight,
      outcomes: state.untold,
      releases: state.releasing,
      ...(state.stop === undefined ? {} : { stop: state.stop }),
    },
  };
}

/** Takes the event in. */
function take(state: SchedulerState, event: SchedulerEvent): Step {
  switch (event.type) {
    case 'opened':
      return takeOpened(takeEnded(state, event.ended), event);
    case 'trialEnded':
      return { state: takeOutcome(state, event), commands: [] };
    case 'handedIn':
      return takeHandIn(state, event.outcome);
    case 'reply':
      return takeReply(state, event.reply);
    case 'capacityChanged':
      return {
        state: { ...state, capacity: Math.max(0, Math.floor(event.capacity)) },
        commands: [],
      };
    case 'stopRequested':
      return takeStop(state, event.mode);
    case 'releaseDone':
      return {
        state: {
          ...state,
          releasing: state.releasing.filter((order) => order.trial !== event.trial),
        },
        commands: [],
      };
    case 'reconciled':
      return takeReconciled(takeEnded(state, event.ended), event);
    case 'steered':
      return { state: takeSteered(state, event), commands: [] };
    case 'rotationDue':
      // From now on trials outlive this run, so that no slot idles while the last attached one ends.
      return { state: { ...state, isRotationDue: true, isAttaching: false }, commands: [] };
  }
}

function takeOpened(
  state: SchedulerState,
  event: Extract<SchedulerEvent, { type: 'opened' }>,
): Step {
  if (state.phase !== 'opening') return { state, commands: [] };
  const pendingIds = new Set(event.pending.map((run) => run.trial));
  // Outcomes of trials that the ledger no longer waits for were told by a former run.
  const untold = state.untold.filter((outcome) => pendingIds.has(outcome.trial));
  const toStart = event.pending.filter((run) => !includesTrial(untold, run.trial));
  const inFlight = toStart.map((run) => run.trial);
  const opened: SchedulerState = {
    ...state,
    phase: event.state === 'finished' || state.stop !== undefined ? 'ending' : 'running',
    nextRequestId: event.nextRequestId,
    untold,
    inFlight,
    isHeld: event.isHeld ?? false,
    sweep: { ...state.sweep, state: event.state },
  };
  const commands = [
    // Perhaps they run, detached by a former run.
    ...starting(toStart, false),
    ...cancelling(opened),
    // Those of the run before went with it.
    ...ordering(state.releasing),
  ];
  return { state: opened, commands };
}

const takeEnded = (state: SchedulerState, ended: readonly TrialEnded[] = []): SchedulerState =>
  ended.reduce(takeOutcome, state);

function takeOutcome(
  before: SchedulerState,
  { outcome, isDetached = false }: TrialEnded,
): SchedulerState {
  // Of a former run's workflow, while the trial runs again.
  if (isDetached && before.attached.includes(outcome.trial)) return before;
  const state = { ...before, attached: without(before.attached, outcome.trial) };
  // A detached trial of a former run may end before this run has read what is in flight.
  const isAwaited = state.phase === 'opening' || state.inFlight.includes(outcome.trial);
  if (!isAwaited || includesTrial(state.untold, outcome.trial)) return state;
  return {
    ...state,
    inFlight: without(state.inFlight, outcome.trial),
    untold: [...state.untold, outcome],
  };
}

/** The first end counts, and what still runs of the trial is for nothing. */
function takeHandIn(before: SchedulerState, outcome: TrialOutcome): Step {
  const { trial } = outcome;
  if (!before.inFlight.includes(trial)) return { state: before, commands: [] };
  const { attached } = before;
  // Until it is gone it belongs to this run.
  const state = { ...takeOutcome(before, { type: 'trialEnded', outcome }), attached };
  return { state, commands: [{ type: 'cancelTrials', trials: [trial] }] };
}

function takeReply(state: SchedulerState, reply: TellAskReply): Step {
  const { asked, ...rest } = state;
  if (asked?.requestId !== reply.requestId) return { state, commands: [] };
  const isStopped = state.stop !== undefined || state.phase === 'ending';
  const handedOut = reply.trials.map((run) => run.trial);
  // One that was closed by something else and came back may run still: its end will do.
  const toStart = reply.trials.filter((run) => !state.attached.includes(run.trial));
  const started = toStart.map((run) => run.trial);
  const next: SchedulerState = {
    ...rest,
    phase: reply.state === 'running' && !isStopped ? 'running' : 'ending',
    inFlight: [...state.inFlight, ...handedOut],
    attached: state.isAttaching ? [...state.attached, ...started] : state.attached,
    isDry: reply.trials.length < asked.want,
    isHeld: reply.isHeld ?? false,
    releasing: [...state.releasing, ...reply.releases],
    told: state.told + asked.outcomes.length,
    sweep: {
      state: reply.state,
      summary: reply.summary,
      ...(reply.reason === undefined ? {} : { reason: reply.reason }),
    },
  };
  const cancels: SchedulerCommand[] =
    state.stop === 'now' && handedOut.length > 0
      ? [{ type: 'cancelTrials', trials: handedOut }]
      : [];
  return {
    state: next,
    commands: [...starting(toStart, state.isAttaching), ...cancels, ...ordering(reply.releases)],
  };
}

function takeStop(state: SchedulerState, mode: StopMode): Step {
  // `now` after `drain` is a change of mind; the other way round comes too late.
  const stop = state.stop === 'now' ? 'now' : mode;
  const phase = state.phase === 'opening' ? 'opening' : 'ending';
  const next: SchedulerState = { ...state, stop, phase };
  return { state: next, commands: state.stop === stop ? [] : cancelling(next) };
}

function takeReconciled(
  state: SchedulerState,
  { pending, isHeld = false, isChanged = false }: Extract<SchedulerEvent, { type: 'reconciled' }>,
): Step {
  if (state.phase === 'opening' || state.asked !== undefined) return { state, commands: [] };
  const toStart = pending.filter((run) => !includesTrial(state.untold, run.trial));
  const inFlight = toStart.map((run) => run.trial);
  // Starting a detached trial that runs is no act, so those that are gone come back this way.
  const detached = toStart.filter((run) => !state.attached.includes(run.trial));
  const isDry = state.isDry && !isChanged && (isHeld || !state.isHeld);
  const next: SchedulerState = { ...state, inFlight, isHeld, isDry };
  return { state: next, commands: starting(detached, false) };
}

function takeSteered(
  state: SchedulerState,
  { isHeld, state: sweepState, reason }: Extract<SchedulerEvent, { type: 'steered' }>,
): SchedulerState {
  const { summary } = state.sweep;
  const paused = { state: sweepState, summary, ...(reason === undefined ? {} : { reason }) };
  return {
    ...state,
    isHeld,
    // More budget, a trial in line again, an injected candidate: worth asking.
    isDry: false,
    // No order makes an ended sweep run: where it did then, a later answer was taken in before.
    sweep: sweepState === 'running' ? state.sweep : paused,
  };
}

/** What to do in this state, given that nothing is being asked. */
function decide(state: SchedulerState): Step {
  if (state.phase === 'opening' || state.phase === 'ended' || state.asked !== undefined)
    return { state, commands: [] };
  const { phase, untold, inFlight, releasing } = state;
  const isRunning = phase === 'running';

  const isFree = state.attached.length === 0 && untold.length <= maxOutcomesPerTell;
  if (isRunning && state.isRotationDue && isFree) return ended(state, { type: 'continueAsNew' });

  const isHandingOut = isRunning && !state.isHeld;
  const want = isHandingOut ? Math.max(0, state.capacity - inFlight.length) : 0;
  if (untold.length > 0 || (want > 0 && !state.isDry)) return ask(state, want);

  if (inFlight.length > 0 || releasing.length > 0) return { state, commands: [] };
  if (!isRunning) return ended(state, ending(state));
  if (state.capacity > 0 && !state.isHeld)
    return ended(state, {
      type: 'pause',
      reason:
        'the ledger handed out no trial though none is in flight and the sweep is not finished',
    });
  return { state, commands: [] };
}

function ask(state: SchedulerState, want: number): Step {
  const request: TellAskRequest = {
    requestId: state.nextRequestId,
    outcomes: state.untold.slice(0, maxOutcomesPerTell),
    want,
  };
  return {
    state: {
      ...state,
      nextRequestId: state.nextRequestId + 1,
      untold: state.untold.slice(maxOutcomesPerTell),
      asked: request,
    },
    commands: [{ type: 'tellAsk', ...request }],
  };
}

function ending(state: SchedulerState): SchedulerCommand {
  if (state.sweep.state === 'finished') return { type: 'finish' };
  const reason = state.sweep.state === 'paused' ? state.sweep.reason : undefined;
  return { type: 'pause', reason: reason ?? 'stopped by the user' };
}

const ended = (state: SchedulerState, command: SchedulerCommand): Step => ({
  state: { ...state, phase: 'ended' },
  commands: [command],
});

const starting = (trials: readonly RunTrialInput[], isAttached: boolean): SchedulerCommand[] =>
  trials.length === 0 ? [] : [{ type: 'startTrials', trials, isAttached }];

const ordering = (orders: readonly ReleaseOrder[]): SchedulerCommand[] =>
  orders.length === 0 ? [] : [{ type: 'release', orders }];

const cancelling = (state: SchedulerState): SchedulerCommand[] =>
  state.stop === 'now' && state.inFlight.length > 0
    ? [{ type: 'cancelTrials', trials: state.inFlight }]
    : [];

const includesTrial = (outcomes: readonly TrialOutcome[], trial: TrialId): boolean =>
  outcomes.some((outcome) => outcome.trial === trial);

const without = (trials: readonly TrialId[], ended: TrialId): TrialId[] =>
  trials.filter((trial) => trial !== ended);
