/** Says when the disk of a folder is about to be full, and when it no longer is. */
import { freeBytesOf } from './disk-space.js';

export interface DiskWatchOptions {
  readonly folder: string;
  readonly say: (message: string) => void;
  /** Less than this is said. @default 32 MB: a ledger, Temporal's database and their logs for a while */
  readonly leastBytes?: number;
  /** @default 5000 */
  readonly intervalMs?: number;
  /** @default what the file system says */
  readonly readFreeBytes?: (folder: string) => Promise<number>;
}

/**
 * Watches until it is stopped. With a full disk nothing can be accepted: Temporal and the ledger
 * wait, which looks like a hang to whoever is not told.
 */
export function watchDisk(options: DiskWatchOptions): { readonly stop: () => void } {
  const { folder, say, leastBytes = 32e6, readFreeBytes = freeBytesOf } = options;
  let isLow = false;
  const look = async (): Promise<void> => {
    const free = await readFreeBytes(folder).catch(() => undefined);
    if (free === undefined || free < leastBytes === isLow) return;
    isLow = !isLow;
    say(
      isLow
        ? `Only ${(free / 1e6).toFixed(1)} MB are left on the disk of ${folder}: once it is full, nothing more can be accepted. Free some; the sweep goes on by itself.`
        : `There is space again on the disk of ${folder}.`,
    );
  };
  void look();
  const timer = setInterval(() => void look(), options.intervalMs ?? 5_000);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
