import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../store/rows.js';
import { describeEntry, journalLines } from './journal-lines.js';

const entry = (detail: JournalEntry['detail'], kind: JournalEntry['kind'] = 'extend') => ({
  ...{ kind, detail, at: '2026-11-24T03:05:06.000Z' },
});

describe('journalLines', () => {
  it('tells the latest three, the last one last', () => {
    const journal = [1, 2, 3, 4].map((trials) => entry({ message: `${trials} more.`, trials }));
    expect(journalLines(journal)).toEqual([
      '2026-11-24 03:05 extend: 2 more.',
      '2026-11-24 03:05 extend: 3 more.',
      '2026-11-24 03:05 extend: 4 more.',
    ]);
  });

  it('tells facts where there is no sentence, cut to a line', () => {
    expect(journalLines([entry({ from: 'v20', to: 'v22' }, 'engine_changed')])).toEqual([
      '2026-11-24 03:05 engine changed: from "v20", to "v22"',
    ]);
    expect(describeEntry(entry({ base: 'f'.repeat(500) }))).toHaveLength(120);
  });

  it('keeps the terminal safe from what a name holds', () => {
    expect(describeEntry(entry({ message: 'a\u001b[31m\nb' }))).toBe('a b');
  });
});
