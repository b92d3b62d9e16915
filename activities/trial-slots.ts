import { HeldSeconds } from './held-seconds.js';
import type { ProgressHeartbeat } from './progress-heartbeat.js';
import { countCards, type MergeStrategy, type Slot, type SlotPool } from './slots.js';

/** Sees to it that cards are free before they are used. */
export interface CardWatch {
  /**
   * Resolves when only running work of this node is on the cards, or when more waiting makes no sense.
   * @param onWait told what is waited for, one clause
   * @returns what is on them still, one clause
   */
  clear(
    cards: readonly string[],
    signal: AbortSignal,
    onWait: (what: string) => void,
  ): Promise<string | undefined>;
}

export interface SlotDependencies {
  /** One slot: one merge at a time. */
  readonly mergePool: SlotPool;
  /** One slot per evaluation at once. */
  readonly gpuPool: SlotPool;
  /** @default overlap */
  readonly strategy?: MergeStrategy;
  /** Absent: cards are taken as they are. */
  readonly cardWatch?: CardWatch | undefined;
}

export interface AttemptFacts {
  readonly signal: AbortSignal;
  readonly heartbeat: ProgressHeartbeat;
  /** Counts the cards that the attempt holds. */
  readonly cards: HeldSeconds;
  readonly isMergedOnCard: boolean;
  /** Monotonic, ms. @default performance.now */
  readonly now?: () => number;
}

/** The slots that one attempt takes for its stages; waits and cards held are counted here. */
export class TrialSlots {
  /** Where it is or was evaluated. */
  slot: string | undefined;
  /** What was on its cards beside it. */
  readonly strangers = new Set<string>();
  private held: Slot | undefined;
  private readonly waits: { readonly merge: HeldSeconds; readonly slot: HeldSeconds };
  private readonly deps: SlotDependencies;
  private readonly attempt: AttemptFacts;

  constructor(deps: SlotDependencies, attempt: AttemptFacts) {
    this.deps = deps;
    this.attempt = attempt;
    const options = { mostAtOnce: 1, ...(attempt.now === undefined ? {} : { now: attempt.now }) };
    this.waits = { merge: new HeldSeconds(options), slot: new HeldSeconds(options) };
  }

  get strategy(): MergeStrategy {
    return this.deps.strategy ?? 'overlap';
  }

  /** Seconds in which it waited; two waits of a kind at once are one. */
  get waitSeconds(): { readonly merge: number; readonly slot: number } {
    return { merge: this.waits.merge.total, slot: this.waits.slot.total };
  }

  /** `serial`: one slot for all that `work` does. Otherwise its stages take their own. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    if (this.strategy !== 'serial' || this.held !== undefined) return work();
    return this.take('slot', this.deps.gpuPool, (slot) =>
      this.using(slot, async () => {
        this.held = slot;
        try {
          return await work();
        } finally {
          this.held = undefined;
        }
      }),
    );
  }

  /** For what runs only to be compared with the trial: its cards count, its waits do not. */
  beside(): TrialSlots {
    const other = new TrialSlots(this.deps, this.attempt);
    other.held = this.held;
    return other;
  }

  /** The slot of a `serial` trial: what it starts lies there. */
  get own(): Slot | undefined {
    return this.held;
  }

  /** Runs a merge. @param place of the process that makes it, where that has cards of its own */
  async merge<T>(work: (slot: Slot) => Promise<T>, place?: Slot): Promise<T> {
    const { mergePool } = this.deps;
    const { isMergedOnCard, cards } = this.attempt;
    const { held } = this;
    if (held !== undefined)
      return isMergedOnCard ? work(held) : this.take('merge', mergePool, () => work(held));
    return this.take('merge', mergePool, (slot) => {
      if (!isMergedOnCard) return work(slot);
      // On a process's own card its model lies already.
      if (place !== undefined) return cards.during(countCards(place), () => work(slot));
      return this.using(slot, () => work(slot));
    });
  }

  /** Runs an evaluation. @param place of the process that holds the model */
  async evaluate<T>(work: (slot: Slot) => Promise<T>, place?: Slot): Promise<T> {
    const { heartbeat } = this.attempt;
    const inSlot = async (slot: Slot): Promise<T> => {
      this.slot = heartbeat.slot = slot.id;
      try {
        return await work(slot);
      } finally {
        heartbeat.slot = undefined;
      }
    };
    if (this.held !== undefined) return inSlot(this.held);
    const run = (slot: Slot): Promise<T> => this.using(slot, () => inSlot(slot));
    return this.take('slot', this.deps.gpuPool, run, place);
  }

  /** Takes a slot of another pool, as a wait for the merge. */
  async take<T>(
    kind: 'merge' | 'slot',
    pool: SlotPool,
    work: (slot: Slot) => Promise<T>,
    sharing?: Slot,
  ): Promise<T> {
    const endWait = this.waits[kind].take(1);
    const run = (slot: Slot): Promise<T> => {
      endWait();
      return work(slot);
    };
    try {
      return await pool.run(this.attempt.signal, run, { sharing });
    } finally {
      endWait();
    }
  }

  /** Counts the slot's cards, and begins once they are free. */
  private using<T>(slot: Slot, work: () => Promise<T>): Promise<T> {
    const { cards, heartbeat, signal } = this.attempt;
    return cards.during(countCards(slot), async () => {
      const { cudaDevices = [] } = slot;
      const stranger = await this.deps.cardWatch?.clear(cudaDevices, signal, (what) => {
        heartbeat.report({ activity: `waiting: ${what}`, percent: 0 });
      });
      if (stranger !== undefined) this.strangers.add(stranger);
      return work();
    });
  }
}
