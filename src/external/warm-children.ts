import { hashJson } from '../spec/canonical-json.js';
import { WarmChild, type WarmChildOrder, type WarmRequest } from './warm-child.js';

/** What a child holds; another content needs another child. */
export interface WarmSettings {
  /** Parameters of `init`, see python/mergesweep_warm/worker.py. */
  readonly init: Readonly<Record<string, unknown>>;
  /** Anything else on which its memory depends: files by size and date, versions. */
  readonly inputs: unknown;
}

export interface WarmLease {
  readonly settings: WarmSettings;
  readonly child: WarmChildOrder;
  /** For the start of a child, which is a request as well. */
  readonly start: Pick<WarmRequest, 'logPath' | 'stallMs' | 'timeoutMs' | 'signal'>;
}

/** A child serves so many merges at most: a leak that is too small to be seen shall not add up. */
const mostMerges = 500;
/** Beyond so many times the memory that it had settled at, and so much more, it is started anew. */
const memoryFactor = 1.25;
const memorySlackBytes = 512 * 1024 ** 2;

interface Place {
  readonly key: string;
  readonly child: WarmChild;
}

/** The children of a node by place (`<slot>`), each started when its place is first used. */
export class WarmChildren {
  private readonly places = new Map<string, Place>();
  /** Where a child is being started or ended. */
  private readonly changing = new Set<string>();

  /** Whether a process of that place may be alive. */
  has(placeId: string): boolean {
    return this.places.has(placeId) || this.changing.has(placeId);
  }

  /**
   * The child of a place with these settings, started anew where there is none, it died, or it is worn.
   * The caller holds the place alone.
   * @throws StageFailedError as `WarmChild.request`
   */
  async take(placeId: string, lease: WarmLease): Promise<WarmChild> {
    const key = hashJson({ settings: lease.settings, env: lease.child.env, cwd: lease.child.cwd });
    const place = this.places.get(placeId);
    if (place?.key === key && place.child.isUsable && !isWorn(place.child)) return place.child;
    await this.drop(placeId);
    this.changing.add(placeId);
    try {
      const child = await startChild(lease);
      this.places.set(placeId, { key, child });
      return child;
    } finally {
      this.changing.delete(placeId);
    }
  }

  async drop(placeId: string): Promise<void> {
    const place = this.places.get(placeId);
    if (place === undefined) return;
    this.changing.add(placeId);
    this.places.delete(placeId);
    try {
      await place.child.close();
    } finally {
      this.changing.delete(placeId);
    }
  }

  async close(): Promise<void> {
    await Promise.all([...this.places.keys()].map((placeId) => this.drop(placeId)));
  }
}

async function startChild({ child: order, start, settings }: WarmLease): Promise<WarmChild> {
  const child = await WarmChild.start(order);
  try {
    await child.request({ ...start, op: 'init', params: settings.init, stage: 'evaluate' });
    return child;
  } catch (error) {
    await child.close();
    throw error;
  }
}

function isWorn({ merges, settled, lastReply }: WarmChild): boolean {
  if (merges >= mostMerges) return true;
  if (settled === undefined || lastReply === undefined) return false;
  const isGrown = (now: number, before: number): boolean =>
    now > before * memoryFactor + memorySlackBytes;
  return (
    isGrown(lastReply.rssBytes, settled.rssBytes) || isGrown(lastReply.gpuBytes, settled.gpuBytes)
  );
}
