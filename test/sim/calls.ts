/** Calls of coordinator activities as Temporal makes them: at least once, perhaps late, until one succeeds. */
import { ApplicationFailure } from '@temporalio/common';
import type {
  CoordinatorActivities,
  OpenSweepReply,
  SteerInput,
  SteerReply,
  SweepSummary,
  TellAskInput,
  TellAskReply,
} from '../../activities/contracts.js';
import type { TellAskRequest } from '../../workflows/scheduler-state.js';
import { type CoordinatorProcess, SimulatedCrash } from './coordinator-process.js';
import type { EventQueue } from './event-queue.js';
import type { Faults } from './faults.js';

type Name = keyof CoordinatorActivities;

/** Whose call it is: a workflow that may be gone when it is carried out. */
export interface Caller {
  readonly isAlive: boolean;
}

interface Call {
  readonly caller: Caller;
  readonly name: Name;
  readonly input: unknown;
  readonly onReply: (reply: never) => void;
  /** An order that makes no sense now. */
  readonly onRefused?: () => void;
  isOrphan: boolean;
}

/** As text. */
interface Answered {
  readonly input: string;
  readonly reply: string;
}

export interface CallsOptions {
  readonly queue: EventQueue;
  readonly faults: Faults;
  readonly coordinator: CoordinatorProcess;
  readonly hasOneSlot: boolean;
  readonly spec: { readonly sweep: string; readonly specText: string; readonly specPath: string };
  readonly ledgerId: () => string;
  readonly violate: (kind: string, text: string) => void;
  readonly trace: (line: string) => void;
  /** An activity has returned: what it acknowledged must never be lost. */
  readonly onTold: (input: TellAskInput) => void;
  readonly onCrash: () => void;
}

export class Calls {
  readonly #options: CallsOptions;
  /** Requests that were answered, with the reply, as text. */
  readonly answered: Answered[] = [];
  readonly #replies = new Map<string, string>();

  constructor(options: CallsOptions) {
    this.#options = options;
  }

  openSweep(caller: Caller, isReconciling: boolean, onReply: (reply: OpenSweepReply) => void) {
    const input = { ...this.#names(), ...this.#options.spec, isReconciling };
    this.#call({ caller, name: 'openSweep', input, onReply, isOrphan: false });
  }

  tellAsk(caller: Caller, request: TellAskRequest, onReply: (reply: TellAskReply) => void) {
    const input: TellAskInput = { ...this.#names(), ...request };
    this.#call({ caller, name: 'tellAsk', input, onReply, isOrphan: false });
  }

  finishSweep(
    caller: Caller,
    pause: string | undefined,
    onReply: (reply: SweepSummary) => void,
  ): void {
    const input = { ...this.#names(), ...(pause !== undefined && { pause }) };
    this.#call({ caller, name: 'finishSweep', input, onReply, isOrphan: false });
  }

  steer(
    caller: Caller,
    request: Pick<SteerInput, 'requestId' | 'order'>,
    onReply: (reply: SteerReply) => void,
    onRefused: () => void,
  ): void {
    const input: SteerInput = { ...this.#names(), ...request };
    this.#call({ caller, name: 'steer', input, onReply, onRefused, isOrphan: false });
  }

  /** A request that was answered long ago comes once more. */
  repeatOldRequest(): void {
    const { faults, trace } = this.#options;
    if (this.answered.length === 0) return;
    const { input, reply } = faults.random.pick(this.answered);
    trace('an old request comes again');
    this.#call({
      caller: { isAlive: true },
      name: 'tellAsk',
      input: JSON.parse(input) as unknown,
      onReply: (again) => {
        this.#compare(reply, JSON.stringify(again));
      },
      isOrphan: false,
    });
  }

  #names() {
    return { ledgerId: this.#options.ledgerId(), sweep: this.#options.spec.sweep };
  }

  #call(call: Call): void {
    this.#schedule({ ...call, input: clone(call.input) }, 0.01);
  }

  #schedule(call: Call, seconds: number): void {
    this.#options.queue.after(seconds, () => this.#attempt(call));
  }

  async #attempt(call: Call): Promise<void> {
    const { faults, coordinator, trace, onCrash, violate } = this.#options;
    const { random } = faults;
    if (!call.caller.isAlive && !call.isOrphan) {
      // What a workflow asked for before it was terminated may be carried out after that.
      const isDropped = faults.isCalm || this.#options.hasOneSlot || random.chance(0.5);
      call.isOrphan = true;
      if (!isDropped) this.#schedule(call, random.between(0, 2000));
      return;
    }
    if (!coordinator.isUp) {
      this.#schedule(call, random.between(1, 10));
      return;
    }
    let reply: string;
    try {
      reply = JSON.stringify(await coordinator.run(call.name, call.input as never));
      trace(`${call.name}${call.isOrphan ? ' (nobody waits)' : ''} done`);
      if (call.name === 'tellAsk') this.#noteAnswer(call.input as TellAskInput, reply);
      if (faults.chance('callTwice')) {
        const again = await coordinator.run(call.name, call.input as never);
        if (call.name === 'tellAsk') this.#compare(reply, JSON.stringify(again));
      }
    } catch (error) {
      if (error instanceof ApplicationFailure && error.type === 'steer_refused') {
        trace(`the order is refused: ${error.message}`);
        if (call.caller.isAlive) call.onRefused?.();
        return;
      }
      if (error instanceof SimulatedCrash) onCrash();
      else if (!isPassing(error)) {
        const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
        violate('refused', `${call.name}: ${text}`);
        return;
      } else trace(`${call.name} is refused for now`);
      this.#schedule(call, random.between(1, 30));
      return;
    }
    if (faults.chance('replyLost')) {
      trace(`the reply of ${call.name} is lost`);
      this.#schedule(call, random.between(1, 60));
    } else if (call.caller.isAlive) call.onReply(JSON.parse(reply) as never);
  }

  #noteAnswer(given: TellAskInput, reply: string): void {
    const input = JSON.stringify(given);
    const before = this.#replies.get(input);
    this.#options.onTold(given);
    if (before === undefined) {
      this.answered.push({ input, reply });
      this.#replies.set(input, reply);
    } else this.#compare(before, reply);
  }

  #compare(first: string, again: string): void {
    if (withoutHold(first) === withoutHold(again)) return;
    this.#options.violate('reply', `a repeated request got another reply: ${first} ${again}`);
  }
}

/** What Temporal tries again until it goes away. */
function isPassing(error: unknown): boolean {
  if (error instanceof ApplicationFailure) return error.nonRetryable !== true;
  return (error as NodeJS.ErrnoException).code === 'ENOSPC';
}

/** Whether the sweep is held is told as it is now. */
function withoutHold(reply: string): string {
  const { isHeld: _, ...rest } = JSON.parse(reply) as TellAskReply;
  return JSON.stringify(rest);
}

const clone = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
