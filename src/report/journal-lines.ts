/** The latest of what was done to a sweep besides its search, for `status` and the live block. */
import type { JournalEntry } from '../store/rows.js';
import { formatTime } from './duration-text.js';
import { toPrintableLine } from './printable.js';

/** So many are shown; `status --json` has them all. */
const shown = 3;
/** Facts may hold hashes and lists; sentences are short. */
const widest = 120;

/** `2026-11-24 03:00 extend: demo may try 20 more: 60 in all.`, the latest last. */
export function journalLines(journal: readonly JournalEntry[]): string[] {
  return journal
    .slice(-shown)
    .map(
      (entry) =>
        `${formatTime(entry.at)} ${entry.kind.replaceAll('_', ' ')}: ${describeEntry(entry)}`,
    );
}

/** Its sentence, or else its facts. */
export function describeEntry({ detail }: JournalEntry): string {
  const { message, ...facts } = detail;
  if (typeof message === 'string') return toPrintableLine(message);
  const words = Object.entries(facts).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  const line = toPrintableLine(words.join(', '));
  return line.length <= widest ? line : `${line.slice(0, widest - 1)}…`;
}
