import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../src/cli/live/events.js';
import type { LedgerReader, TrialRow } from '../../src/store/rows.js';
import { Witness } from './witness.js';

/** A ledger that says of its trials what it is told to. */
function readerOf(fitness: Readonly<Record<string, number | undefined>>): LedgerReader {
  const trials = Object.entries(fitness).map(([trial, value]) => ({
    ...{ trial, params: { weight: 1 } },
    ...(value === undefined ? { state: 'proposed' } : { state: 'complete', fitness: value }),
  })) as unknown as TrialRow[];
  return {
    getSweep: () => ({ state: 'running' }),
    listTrials: () => trials,
    listScores: () =>
      trials.flatMap(({ trial, fitness: value }) =>
        value === undefined ? [] : [{ trial, task: 't', metric: 'm', value }],
      ),
  } as unknown as LedgerReader;
}

const kindsAfter = (...looks: Readonly<Record<string, number | undefined>>[]): string[] => {
  const witness = new Witness();
  for (const look of looks) witness.look(readerOf(look), 'chaos');
  return witness.conclude(readerOf(looks.at(-1) ?? {}).listTrials('chaos')).map(({ kind }) => kind);
};

describe('Witness', () => {
  it('is content while scores only come', () => {
    expect(kindsAfter({ 1: undefined }, { 1: 0.5 }, { 1: 0.5, 2: 0.1 })).toEqual([]);
  });

  it('tells of a score that is gone, also where it comes back', () => {
    expect(kindsAfter({ 1: 0.5 }, {})).toEqual(['lost']);
    expect(kindsAfter({ 1: 0.5 }, { 1: undefined }, { 1: 0.5 })).toEqual(['lost']);
  });

  it('tells of a score that is another', () => {
    expect(kindsAfter({ 1: 0.1 + 0.2 }, { 1: 0.3 })).toEqual(['changed']);
  });

  it('holds the ledger to what was printed', () => {
    const witness = new Witness();
    const event = { event: 'trial', state: 'complete', score: 0.5 };
    witness.hear({ ...event, trial: '1' } as RunEvent);
    witness.hear({ ...event, trial: '2' } as RunEvent);
    witness.hear({ ...event, trial: '3' } as RunEvent);
    const reader = readerOf({ 1: 0.5, 2: 0.25, 3: undefined });
    expect(witness.conclude(reader.listTrials('chaos')).map(({ kind }) => kind)).toEqual([
      'changed',
      'lost',
    ]);
  });
});
