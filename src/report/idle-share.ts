/**
 * How much of the slots' time went by without an evaluation.
 *
 * A slot's time is from the start of its first evaluation to the end of its last one; of a slot that is
 * empty now, to now. A minute or more in which nothing of the sweep ran on any node (it was stopped or
 * held, or no node was there) is nobody's idle time. An evaluation that runs now counts to neither until
 * it ends; a failed attempt counts as idle.
 */
import type { TrialRow } from '../store/rows.js';

export interface IdleShare {
  /** 0..1 over all slots; absent before a slot has begun its second evaluation. */
  readonly all?: number;
  readonly byNode: ReadonlyMap<string, number>;
}

/** Of slots that are there now. */
export interface SlotsNow {
  readonly slots: number;
  /** Slots with nothing in them. */
  readonly free: number;
}

interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

interface Evaluation extends Span {
  readonly slot: string | undefined;
}

const longestIdleMs = 60_000;
/** Ends are written when the coordinator hears of them: a little late, and not always as late. */
const lateMs = 1_000;

/** What can be known where the nodes can be asked. */
export interface Now {
  readonly atMs: number;
  readonly byNode: ReadonlyMap<string, SlotsNow>;
  /** Whether any trial of the sweep is on a node. */
  readonly isRunning: boolean;
}

export function computeIdleShare(trials: readonly TrialRow[], now?: Now): IdleShare {
  const ended = trials.flatMap(toEvaluation);
  const pauses = findPauses(trials, now?.isRunning === false ? now.atMs : undefined);
  const byNode = new Map<string, number>();
  let [idleMs, wholeMs] = [0, 0];
  for (const [node, evaluations] of groupByNode(ended)) {
    const slots = toSlots(evaluations);
    const gaps = [...slots.flatMap(toGaps), ...toTails(slots, now?.byNode.get(node), now?.atMs)];
    const idle = gaps.reduce((sum, gap) => sum + lengthOf(gap, pauses), 0);
    const busy = evaluations.reduce((sum, span) => sum + span.endMs - span.startMs, 0);
    if (gaps.length === 0 || idle + busy <= 0) continue;
    byNode.set(node, idle / (idle + busy));
    idleMs += idle;
    wholeMs += idle + busy;
  }
  return { ...(wholeMs === 0 ? {} : { all: idleMs / wholeMs }), byNode };
}

function toEvaluation(row: TrialRow): (Evaluation & { readonly node: string })[] {
  const { node, slot, endedAt, evaluateSeconds } = row;
  if (node === undefined || endedAt === undefined || evaluateSeconds === undefined) return [];
  const endMs = Date.parse(endedAt);
  return [{ node, slot, startMs: endMs - evaluateSeconds * 1000, endMs }];
}

function groupByNode<Item extends { readonly node: string }>(items: readonly Item[]) {
  const groups = new Map<string, Item[]>();
  for (const item of items) groups.set(item.node, [...(groups.get(item.node) ?? []), item]);
  return groups;
}

/** The evaluations of each slot by time. Those whose slot was not recorded go where one was just free. */
function toSlots(evaluations: readonly Evaluation[]): Span[][] {
  const slots: { readonly name: string | undefined; readonly spans: Span[] }[] = [];
  for (const each of [...evaluations].sort((a, b) => a.startMs - b.startMs)) {
    const late = Math.min(lateMs, (each.endMs - each.startMs) / 2);
    const fitting = slots
      .filter(({ name, spans }) =>
        each.slot === undefined
          ? name === undefined && (spans.at(-1)?.endMs ?? 0) <= each.startMs + late
          : name === each.slot,
      )
      .sort((a, b) => (b.spans.at(-1)?.endMs ?? 0) - (a.spans.at(-1)?.endMs ?? 0));
    const [slot] = fitting;
    if (slot === undefined) slots.push({ name: each.slot, spans: [each] });
    else slot.spans.push(each);
  }
  return slots.map(({ spans }) => spans);
}

function toGaps(spans: readonly Span[]): Span[] {
  return spans.slice(1).map((span, index) => {
    const before = spans[index]?.endMs ?? span.startMs;
    return { startMs: Math.min(before, span.startMs), endMs: span.startMs };
  });
}

/** Of the slots that are empty now: which they are is not known, so those that have been for longest. */
function toTails(
  slots: readonly (readonly Span[])[],
  present: SlotsNow | undefined,
  atMs: number | undefined,
): Span[] {
  if (present === undefined || atMs === undefined) return [];
  const first = Math.min(...slots.flat().map(({ startMs }) => startMs));
  const unused = Math.max(0, present.slots - slots.length);
  const ends = slots.map((spans) => spans.at(-1)?.endMs ?? first);
  return [...Array.from({ length: unused }, () => first), ...ends]
    .sort((a, b) => a - b)
    .slice(0, present.free)
    .map((startMs) => ({ startMs, endMs: Math.max(startMs, atMs) }));
}

/** Stretches in which nothing of the sweep ran anywhere; the last one reaches to `untilMs`, where given. */
function findPauses(trials: readonly TrialRow[], untilMs?: number): Span[] {
  const spans = trials
    .flatMap(({ endedAt, mergeSeconds = 0, evaluateSeconds = 0, waitSeconds }) => {
      if (endedAt === undefined) return [];
      const endMs = Date.parse(endedAt);
      const seconds = mergeSeconds + evaluateSeconds + (waitSeconds?.slot ?? 0);
      return [{ startMs: endMs - seconds * 1000, endMs }];
    })
    .sort((a, b) => a.startMs - b.startMs);
  const pauses: Span[] = [];
  let end = spans[0]?.endMs ?? 0;
  for (const { startMs, endMs } of spans) {
    if (startMs - end >= longestIdleMs) pauses.push({ startMs: end, endMs: startMs });
    end = Math.max(end, endMs);
  }
  if (untilMs !== undefined && untilMs - end >= longestIdleMs)
    pauses.push({ startMs: end, endMs: untilMs });
  return pauses;
}

/** Milliseconds of the span that lie in no pause. */
function lengthOf(span: Span, pauses: readonly Span[]): number {
  const paused = pauses.reduce((sum, pause) => {
    const overlap = Math.min(span.endMs, pause.endMs) - Math.max(span.startMs, pause.startMs);
    return sum + Math.max(0, overlap);
  }, 0);
  return Math.max(0, span.endMs - span.startMs - paused);
}
