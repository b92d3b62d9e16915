import { ApplicationFailure } from '@temporalio/common';
import { handedBackFailureType } from '../workflows/messages.js';
import type { RunTrialInput, TrialUse } from './contracts.js';

/**
 * The failure by which a node gives a trial back: it costs no attempt, and others take it at once.
 * @param used so far; absent: it was not begun
 */
export function handedBack(trial: string, why: string, used?: TrialUse): ApplicationFailure {
  return ApplicationFailure.create({
    message: `trial ${trial} was handed back: ${why}`,
    type: handedBackFailureType,
    nonRetryable: true,
    ...(used === undefined ? {} : { details: [used] }),
  });
}

/** A trial that a node has taken and not ended. */
export interface TakenTrial {
  readonly input: RunTrialInput;
  /** Whether something was done that would be lost elsewhere. */
  readonly hasBegun: () => boolean;
  readonly handBack: (why: string) => void;
  /** What it has used up of its lease so far. */
  readonly countUse: () => TrialUse;
}

/** A trial that waits for so long may be another node's: what is known of those is as old as that. */
const patienceMs = 10_000;
/** Two nodes that each hold the other to be free must not pass a trial to and fro for ever. */
const mostMoves = 3;

/** The trials on a node, and which of them others may have. */
export class TakenTrials {
  private readonly since = new Map<TakenTrial, number>();
  private readonly moves = new Map<string, number>();
  private readonly now: () => number;

  /** @param now ms of a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** @returns to be called when it has ended */
  add(trial: TakenTrial): () => void {
    this.since.set(trial, this.now());
    return () => this.since.delete(trial);
  }

  /** What that trial has used up so far; undefined where it is not here. */
  useOf(input: RunTrialInput): TrialUse | undefined {
    return [...this.since.keys()].find((trial) => trial.input === input)?.countUse();
  }

  /** Trials that have waited long, and that another node may have at no loss. */
  get movable(): number {
    return this.listMovable().length;
  }

  /** Hands at most `most` of those back, the latest first. @returns how many */
  move(most: number, why: string): number {
    const moved = this.listMovable().reverse().slice(0, most);
    for (const { input, handBack } of moved) {
      const { workKey } = input;
      this.moves.set(workKey, (this.moves.get(workKey) ?? 0) + 1);
      handBack(why);
    }
    return moved.length;
  }

  handBackUnbegun(why: string): void {
    for (const trial of [...this.since.keys()]) if (!trial.hasBegun()) trial.handBack(why);
  }

  /** What was done of them is lost, but for what the node finds again on its disk. */
  handBackAll(why: string): void {
    for (const trial of [...this.since.keys()]) trial.handBack(why);
  }

  private listMovable(): TakenTrial[] {
    const before = this.now() - patienceMs;
    return [...this.since]
      .filter(([trial, since]) => since <= before && !trial.hasBegun())
      .map(([trial]) => trial)
      .filter(({ input }) => (this.moves.get(input.workKey) ?? 0) < mostMoves);
  }
}
