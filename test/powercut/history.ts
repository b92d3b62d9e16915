import { Disk } from './disk.js';
import { parseMark } from './marks.js';
import type { Operation } from './trace.js';

/** What has to be there after a power cut, because somebody was told so before. */
export interface Promised {
  /** The rows' digests so far, oldest first; the last is promised. */
  readonly rows: readonly string[];
  /** Of the transaction that was under way: may be there as well. */
  readonly next: string | undefined;
  readonly files: readonly PromisedFile[];
}

/** A file that is only ever replaced as a whole. */
export interface PromisedFile {
  readonly path: string;
  /** Each of them is right: the last that was promised, and those written since. */
  readonly versions: readonly Buffer[];
  readonly mayBeAbsent: boolean;
}

/** Walks a trace: the disk at each place in it, and what was promised until there. */
export class History {
  readonly disk: Disk;
  readonly #operations: readonly Operation[];
  readonly #rows: readonly { readonly at: number; readonly digest: string }[];
  readonly #promisedFiles = new Set<string>();
  #at = 0;

  constructor(operations: readonly Operation[], disk = new Disk()) {
    this.disk = disk;
    this.#operations = operations;
    this.#rows = operations.flatMap((operation, at) => {
      const mark = operation.kind === 'mark' ? parseMark(operation.text) : undefined;
      return mark?.kind === 'rows' ? [{ at, digest: mark.digest }] : [];
    });
  }

  /** Goes on to just before operation `end`. */
  advance(end: number): void {
    for (; this.#at < end; this.#at += 1) {
      const operation = this.#operations[this.#at];
      if (operation === undefined) return;
      this.disk.apply(operation);
      if (operation.kind === 'mark' && parseMark(operation.text).kind === 'files') {
        this.#promiseFiles();
      }
      if (operation.kind === 'unlink') this.#promisedFiles.delete(operation.path);
    }
  }

  promised(): Promised {
    const done = this.#rows.filter(({ at }) => at < this.#at).map(({ digest }) => digest);
    return {
      rows: done,
      next: this.#rows[done.length]?.digest,
      files: [...this.disk.versions].map(([path, versions]) => ({
        path,
        versions,
        mayBeAbsent: !this.#promisedFiles.has(path),
      })),
    };
  }

  #promiseFiles(): void {
    for (const [path, versions] of this.disk.versions) {
      if (this.disk.read(path) === undefined) continue;
      versions.splice(0, versions.length - 1);
      this.#promisedFiles.add(path);
    }
  }
}

/**
 * Places to cut at, ascending: half of them anywhere, half right behind something that was said or synced,
 * where the most can be broken.
 */
export function drawPlaces(
  operations: readonly Operation[],
  count: number,
  random: () => number,
): number[] {
  const behind = operations.flatMap(({ kind }, at) =>
    kind === 'mark' || kind === 'sync' || kind === 'rename' ? [at + 1] : [],
  );
  return Array.from({ length: count }, () => {
    const anywhere = 1 + Math.floor(random() * operations.length);
    return random() < 0.5 ? anywhere : (behind[Math.floor(random() * behind.length)] ?? anywhere);
  }).sort((a, b) => a - b);
}
