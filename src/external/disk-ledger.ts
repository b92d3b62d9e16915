/** What merges on this node may still write: no two of them count on the same space. */
import { dirname } from 'node:path';
import { StageFailedError } from '../errors.js';
import { formatByteSize } from '../preflight/byte-size.js';
import { freeBytesOf } from './disk-space.js';
import { sizeOnDisk } from './folder-size.js';
import { dropCheckpoint, listIdleCheckpoints } from './idle-checkpoints.js';

export interface DiskLedgerOptions {
  readonly workRoot: string;
  /** Bytes that the work folder may hold. @default what the disk has */
  readonly quotaBytes?: number | undefined;
  /** Whether a trial of this work is in the middle of something. */
  readonly isRunning: (workKey: string) => boolean;
  /** Trials in the middle of something, those that wait for space included. */
  readonly countRunning: () => number;
  /** How often a waiting merge looks again, ms. @default 2000 */
  readonly lookEveryMs?: number;
  /** @default what the file system says */
  readonly freeBytes?: (folder: string) => Promise<number>;
}

export interface DiskOrder {
  readonly workKey: string;
  /** That the merge may write, ≥ 0. */
  readonly bytes: number;
  /** Folder that it writes to: what is there already takes no more. */
  readonly target: string;
  /** For other trials of the node to free space. */
  readonly longestWaitMs: number;
  readonly signal: AbortSignal;
  /** Told what it waits for, one clause. */
  readonly onWait: (what: string) => void;
}

/** Releases come within seconds of a result; later than this none will, while space is short. */
const releaseWithinMs = 10 * 60_000;

/** Bytes left for another merge. */
interface Room {
  readonly onDisk: number;
  readonly inQuota: number;
}

export class DiskLedger {
  private readonly options: DiskLedgerOptions;
  private readonly reserved = new Set<DiskOrder>();
  private readonly waiting = new Set<DiskOrder>();
  /** One looks at a time, and has what it found. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(options: DiskLedgerOptions) {
    this.options = options;
  }

  /**
   * Runs a merge with its space set aside. Where that lacks, checkpoints go that nobody needs any more, then
   * it waits for trials of this node to end.
   * @throws StageFailedError `disk_full` with the figures, where none of that would help; the signal's reason
   */
  async during<T>(order: DiskOrder, merge: () => Promise<T>): Promise<T> {
    await this.reserve(order);
    try {
      return await merge();
    } finally {
      this.reserved.delete(order);
    }
  }

  private async reserve(order: DiskOrder): Promise<void> {
    if (order.bytes === 0) return;
    const start = performance.now();
    try {
      for (let mayGetMore = true; ;) {
        const lack = await this.alone(() => this.tryToReserve(order));
        if (lack === undefined) return;
        const isLate = performance.now() - start > order.longestWaitMs;
        if (isLate || !mayGetMore) throw this.toFailure(order, lack);
        // Where nothing more is to come, what came before that answer is looked at once more.
        mayGetMore = await this.mayGetMore(order);
        if (!mayGetMore) continue;
        this.waiting.add(order);
        order.onWait(`${this.describeRoom(lack)}, the merge needs ${formatByteSize(order.bytes)}`);
        await pause(this.options.lookEveryMs ?? 2_000, order.signal);
      }
    } finally {
      this.waiting.delete(order);
    }
  }

  private alone<T>(act: () => Promise<T>): Promise<T> {
    const done = this.last.then(act);
    this.last = done.catch(() => undefined);
    return done;
  }

  /** @returns the room there is where it does not suffice */
  private async tryToReserve(order: DiskOrder): Promise<Room | undefined> {
    order.signal.throwIfAborted();
    const fits = ({ onDisk, inQuota }: Room): boolean => order.bytes <= Math.min(onDisk, inQuota);
    let room = await this.measure();
    const couldFit = order.bytes <= (this.options.quotaBytes ?? Infinity);
    if (!fits(room) && couldFit) {
      for (const checkpoint of await listIdleCheckpoints(this.options.workRoot)) {
        const { workKey, ageMs } = checkpoint;
        if (this.options.isRunning(workKey) || ageMs < releaseWithinMs) continue;
        await dropCheckpoint(checkpoint);
        room = await this.measure();
        if (fits(room)) break;
      }
    }
    if (!fits(room)) return room;
    this.reserved.add(order);
    return undefined;
  }

  /** What there is, less what others may still write. */
  private async measure(): Promise<Room> {
    const { workRoot, quotaBytes, freeBytes = freeBytesOf } = this.options;
    let promised = 0;
    for (const { bytes, target } of this.reserved)
      promised += Math.max(0, bytes - (await sizeOnDisk(target)));
    const onDisk = (await freeBytes(workRoot)) - promised;
    if (quotaBytes === undefined) return { onDisk, inQuota: Infinity };
    return { onDisk, inQuota: quotaBytes - (await sizeOnDisk(workRoot)) - promised };
  }

  /** Whether others that run, or checkpoints whose release is on its way, may make room. */
  private async mayGetMore(order: DiskOrder): Promise<boolean> {
    const { workRoot, quotaBytes = Infinity, countRunning } = this.options;
    if (order.bytes > quotaBytes) return false;
    const waiting = this.waiting.size + (this.waiting.has(order) ? 0 : 1);
    if (countRunning() > waiting) return true;
    const idle = await listIdleCheckpoints(workRoot);
    return idle.some(({ isScored, ageMs }) => isScored && ageMs < releaseWithinMs);
  }

  private toFailure({ bytes, target }: DiskOrder, room: Room): StageFailedError {
    const { quotaBytes } = this.options;
    const isOfQuota = room.inQuota < bytes && quotaBytes !== undefined;
    const way = isOfQuota
      ? `raise --disk-quota (now ${formatByteSize(quotaBytes)}), lower storage.keep_models, or use fewer --slots.`
      : 'free space on the node, lower storage.keep_models, or move its work folder.';
    return new StageFailedError(
      'disk_full',
      `Expected ${formatByteSize(bytes)} for the merge in ${dirname(target)}, got ${this.describeRoom(room)}: ${way}`,
    );
  }

  private describeRoom({ onDisk, inQuota }: Room): string {
    const others = this.reserved.size === 0 ? '' : ' beside what other merges may write';
    return inQuota < onDisk
      ? `${formatByteSize(Math.max(0, inQuota))} left of the quota${others}`
      : `${formatByteSize(Math.max(0, onDisk))} free on its disk${others}`;
  }
}

/** @throws the signal's reason */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    };
    const timer = setTimeout(end, ms);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
