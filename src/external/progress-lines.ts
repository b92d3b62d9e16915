import { StringDecoder } from 'node:string_decoder';

/** One line of a program's output, without its end. */
export interface OutputLine {
  readonly text: string;
  /** `\r` ends a progress bar that the next line overwrites; empty: the stream's last, unended line. */
  readonly end: '\n' | '\r' | '';
}

/** A partial line longer than this is passed on as it is: no program may fill our memory with one. */
const maxPartialLength = 16 * 1024;

/** Cuts one output stream into blocks of whole lines; holds one partial line at most. */
export class BlockSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private readonly emit: (block: string) => void;
  private partial = '';

  constructor(emit: (block: string) => void) {
    this.emit = emit;
  }

  write(chunk: Buffer): void {
    const text = this.partial + this.decoder.write(chunk);
    // A `\r` at the very end may be half of `\r\n`: it waits for the next chunk.
    const lastEnd = Math.max(text.lastIndexOf('\n'), text.lastIndexOf('\r', text.length - 2));
    const isOverlong = text.length - lastEnd > maxPartialLength;
    const cut = isOverlong ? text.length : lastEnd + 1;
    this.partial = text.slice(cut);
    if (cut > 0) this.emit(text.slice(0, cut));
  }

  /** Emits what is left when the stream has ended. */
  end(): void {
    const rest = this.partial + this.decoder.end();
    this.partial = '';
    if (rest !== '') this.emit(rest);
  }
}

/** The lines at the end of a block: the last 16 KiB of it, so that a flood costs little. */
export function splitLines(block: string): OutputLine[] {
  const parts = block.slice(-maxPartialLength).split(/(\r\n|\r|\n)/);
  const lines: OutputLine[] = [];
  for (let index = 0; index < parts.length; index += 2) {
    const text = parts[index] ?? '';
    const end = parts[index + 1];
    if (text === '' && end === undefined) break;
    lines.push({ text, end: end === undefined ? '' : end === '\r' ? '\r' : '\n' });
  }
  return lines;
}

/** The last lines of an output as a terminal would show them: a bar overwrites itself. */
export class OutputTail {
  private lines: OutputLine[] = [];
  private length = 0;
  private readonly maxLength: number;

  /** @param maxLength in characters @default 4096 */
  constructor(maxLength = 4096) {
    this.maxLength = maxLength;
  }

  push(line: OutputLine): void {
    const last = this.lines.at(-1);
    if (last?.end === '\r') {
      this.lines.pop();
      this.length -= last.text.length + 1;
    }
    if (line.text.trim() === '' && line.end === '\r') return;
    this.lines.push(line);
    this.length += line.text.length + 1;
    while (this.length > this.maxLength && this.lines.length > 1) {
      this.length -= (this.lines.shift()?.text.length ?? 0) + 1;
    }
  }

  toString(): string {
    const text = this.lines
      .map(({ text: line, end }) => (end === '' ? line : `${line}\n`))
      .join('');
    return text.trimEnd().slice(-this.maxLength);
  }
}
