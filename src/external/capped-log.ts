import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';

/**
 * A log file that keeps the first and the last part of an output of any length. The tail is written
 * in turn to two side files and joined at the end, so nothing is held in memory.
 */
export class CappedLog {
  private readonly path: string;
  private readonly headBytes: number;
  private readonly segmentBytes: number;
  private readonly fd: number;
  private written = 0;
  private segments: { path: string; fd: number; bytes: number }[] = [];
  private dropped = 0;
  private isBroken = false;

  /** Makes the file anew, mode 0600. @param capBytes of the finished file, about; ≥ 4 KiB */
  constructor(path: string, capBytes: number) {
    this.path = path;
    this.headBytes = Math.floor(capBytes / 2);
    this.segmentBytes = Math.floor(capBytes / 4);
    this.fd = openSync(path, 'w', 0o600);
  }

  write(text: string): void {
    if (this.isBroken) return;
    try {
      const bytes = Buffer.from(text);
      if (this.segments.length === 0 && this.written + bytes.length <= this.headBytes) {
        writeSync(this.fd, bytes);
        this.written += bytes.length;
        return;
      }
      const segment = this.currentSegment(bytes.length);
      writeSync(segment.fd, bytes);
      segment.bytes += bytes.length;
    } catch {
      // A log that can't be written (full disk) must not decide over the trial.
      this.isBroken = true;
    }
  }

  /** Joins head and tail; where something is left out, a line says how much. */
  close(): void {
    try {
      if (this.dropped > 0) {
        writeSync(this.fd, `\n[mergesweep left out ${this.dropped} bytes here]\n`);
      }
      for (const segment of this.segments) appendFile(this.fd, segment.path);
    } catch {
      this.isBroken = true;
    }
    for (const segment of this.segments) {
      closeSync(segment.fd);
      rmSync(segment.path, { force: true });
    }
    this.segments = [];
    closeSync(this.fd);
  }

  private currentSegment(bytes: number): { fd: number; bytes: number } {
    const last = this.segments.at(-1);
    if (last !== undefined && last.bytes + bytes <= this.segmentBytes) return last;
    if (this.segments.length === 2) {
      const oldest = this.segments.shift();
      if (oldest !== undefined) {
        this.dropped += oldest.bytes;
        closeSync(oldest.fd);
        rmSync(oldest.path, { force: true });
      }
    }
    const isFirstFree = last?.path !== `${this.path}.tail1`;
    const path = `${this.path}.tail${isFirstFree ? 1 : 2}`;
    const segment = { path, fd: openSync(path, 'w', 0o600), bytes: 0 };
    this.segments.push(segment);
    return segment;
  }
}

function appendFile(target: number, path: string): void {
  const source = openSync(path, 'r');
  const buffer = Buffer.alloc(1 << 20);
  try {
    for (;;) {
      const count = readSync(source, buffer);
      if (count === 0) return;
      writeSync(target, buffer, 0, count);
    }
  } finally {
    closeSync(source);
  }
}
