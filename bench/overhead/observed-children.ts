/** Warm children whose requests are looked at. */
import type { WarmChild, WarmReply, WarmRequest } from '../../src/external/warm-child.js';
import { WarmChildren, type WarmLease } from '../../src/external/warm-children.js';
import type { Cost } from './cost.js';

/** A request that was answered. */
export interface Answered {
  readonly op: WarmRequest['op'];
  /** As the node saw it; of the child. */
  readonly cost: Cost;
  /** As the child saw it, without the way there and back. */
  readonly insideMs: number;
  /** Parts of it that the child measured. */
  readonly parts: Readonly<Record<string, Cost>>;
}

/** As python/mergesweep_warm/stopwatch.py gives them. */
interface Timed {
  readonly timings?: Readonly<
    Record<string, { readonly seconds: number; readonly cpuSeconds: number }>
  >;
}

export class ObservedChildren extends WarmChildren {
  /** In the order of the answers. */
  answered: Answered[] = [];
  /** The one that was taken last. */
  child: WarmChild | undefined;
  private readonly observed = new WeakSet<WarmChild>();

  override async take(placeId: string, lease: WarmLease): Promise<WarmChild> {
    const child = await super.take(placeId, lease);
    this.child = child;
    if (this.observed.has(child)) return child;
    this.observed.add(child);
    const send = child.request.bind(child);
    child.request = async <Result = unknown>(request: WarmRequest) => {
      const cpuBefore = child.lastReply?.cpuSeconds ?? 0;
      const start = performance.now();
      const reply = await send<Result & Timed>(request);
      const wallMs = performance.now() - start;
      this.answered.push(toAnswered(request.op, wallMs, reply, cpuBefore));
      return reply;
    };
    return child;
  }
}

function toAnswered(
  op: WarmRequest['op'],
  wallMs: number,
  { seconds, cpuSeconds, timings = {} }: WarmReply & Timed,
  cpuBefore: number,
): Answered {
  return {
    op,
    cost: { wallMs, cpuMs: (cpuSeconds - cpuBefore) * 1000 },
    insideMs: seconds * 1000,
    parts: Object.fromEntries(
      Object.entries(timings).map(([part, cost]) => [
        part,
        { wallMs: cost.seconds * 1000, cpuMs: cost.cpuSeconds * 1000 },
      ]),
    ),
  };
}
