/** What the slots did, from the stand-ins' own lines: pure. */

/** A line of the stand-in's. */
export interface TimelineEvent {
  readonly kind: 'merge' | 'evaluate';
  readonly event: 'start' | 'end';
  /** Unix time, s. */
  readonly at: number;
  readonly node: string;
  /** `CUDA_VISIBLE_DEVICES` of the evaluation; empty for a merge on the CPU. */
  readonly slot: string;
  /** Of the work: the folder's name. */
  readonly key: string;
  /** Of an evaluation, from 1 in the order of their first starts. */
  readonly number?: number;
  /** Mean accuracy of the candidate without noise, and as measured; of ends of evaluations. */
  readonly true?: number;
  readonly measured?: number;
}

/** One stay of a trial in a slot, or one merge; seconds of Unix time. */
export interface Interval {
  readonly node: string;
  readonly slot: string;
  readonly key: string;
  readonly number: number;
  readonly start: number;
  /** Absent: it was killed. */
  readonly end?: number;
  readonly true?: number;
  readonly measured?: number;
}

/** Lines that a killed program left half are passed over. */
export function parseTimeline(text: string): TimelineEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as TimelineEvent];
    } catch {
      return [];
    }
  });
}

/** By start. An end belongs to the last start of the same work on the same node. */
export function listIntervals(
  events: readonly TimelineEvent[],
  kind: TimelineEvent['kind'],
): Interval[] {
  const open = new Map<string, Interval>();
  const done: Interval[] = [];
  const ordered = events.filter((event) => event.kind === kind).toSorted((a, b) => a.at - b.at);
  for (const event of ordered) {
    const { node, slot, key, at, number = 0 } = event;
    const place = `${node} ${key}`;
    const known = open.get(place);
    if (event.event === 'start') {
      if (known !== undefined) done.push(known);
      open.set(place, { ...{ node, slot, key, number }, start: at });
    } else if (known !== undefined) {
      open.delete(place);
      const { true: real, measured } = event;
      const score = real === undefined || measured === undefined ? {} : { true: real, measured };
      done.push({ ...known, end: at, ...score });
    }
  }
  return [...done, ...open.values()].toSorted((a, b) => a.start - b.start);
}

/**
 * Share of the slots' time within [from, to] that evaluations took.
 * @param endOf when one that did not end was killed; @default it counts for nothing
 */
export function busyShare(
  intervals: readonly Interval[],
  slots: number,
  from: number,
  to: number,
): number {
  const busy = intervals.reduce(
    (sum, { start, end = start }) => sum + Math.max(0, Math.min(end, to) - Math.max(start, from)),
    0,
  );
  return busy / (slots * (to - from));
}

/** Pairs of stays in one slot that overlap: there must be none. */
export function listOverlaps(intervals: readonly Interval[]): [Interval, Interval][] {
  return bySlot(intervals).flatMap((stays) =>
    stays.flatMap((stay, index): [Interval, Interval][] => {
      const next = stays[index + 1];
      return next !== undefined && stay.end !== undefined && stay.end > next.start
        ? [[stay, next]]
        : [];
    }),
  );
}

/** Seconds that all slots together were empty before a stay, by what the trial was waiting for then. */
export interface Idle {
  /** It was not proposed yet. */
  readonly proposal: number;
  /** From its proposal to the start of its merge: Temporal, the node's merge pool. */
  readonly dispatch: number;
  /** It was merged. */
  readonly merge: number;
  /** It was merged before, and the slot not given to it yet. */
  readonly handover: number;
}

export interface GapReport {
  readonly count: number;
  readonly medianSeconds: number;
  readonly p90Seconds: number;
  readonly maxSeconds: number;
  readonly idle: Idle;
}

/**
 * Gaps between a stay and the next in the same slot, and from `from` to the first.
 * @param proposedAt by key, Unix time, s
 */
export function reportGaps(
  evaluations: readonly Interval[],
  merges: readonly Interval[],
  proposedAt: ReadonlyMap<string, number>,
  from: number,
): GapReport {
  const idle = { proposal: 0, dispatch: 0, merge: 0, handover: 0 };
  const gaps: number[] = [];
  for (const stays of bySlot(evaluations)) {
    let free = from;
    for (const stay of stays) {
      if (stay.start > free) {
        gaps.push(stay.start - free);
        const merge = merges.find(({ node, key }) => node === stay.node && key === stay.key);
        const steps = [
          ['proposal', proposedAt.get(stay.key) ?? free],
          ['dispatch', merge?.start ?? stay.start],
          ['merge', merge?.end ?? stay.start],
          ['handover', stay.start],
        ] as const;
        let at = free;
        for (const [name, end] of steps) {
          idle[name] += Math.max(0, Math.min(end, stay.start) - at);
          at = Math.max(at, end);
        }
      }
      free = stay.end ?? stay.start;
    }
  }
  const sorted = gaps.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  return {
    count: gaps.length,
    medianSeconds: at(0.5),
    p90Seconds: at(0.9),
    maxSeconds: at(1),
    idle,
  };
}

function bySlot(intervals: readonly Interval[]): Interval[][] {
  const slots = new Map<string, Interval[]>();
  for (const interval of intervals) {
    const name = `${interval.node} ${interval.slot}`;
    slots.set(name, [...(slots.get(name) ?? []), interval]);
  }
  return [...slots.values()];
}
