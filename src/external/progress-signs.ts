/** A progress bar as tqdm draws it: what it is of, and how far it is. */
const bar = /^(.*?)\s*\d+%\|[^|]*\|\s*(\S+?)\/\S+/;

/** Remembers when a tool's progress bars last moved: being busy and printing something is not progress. */
export class ProgressSigns {
  /** On the clock of `performance.now()`; undefined before the first bar. */
  lastAt: number | undefined;
  private last = '';

  /** Takes a line of output. */
  read(line: string): void {
    const found = bar.exec(line);
    if (found !== null) this.note(`${found[1] ?? ''} ${found[2] ?? ''}`);
  }

  /** @param state of the work; the same as before is no sign */
  note(state: string): void {
    if (state === this.last) return;
    this.last = state;
    this.lastAt = performance.now();
  }
}
