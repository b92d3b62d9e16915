import { describe, expect, it } from 'vitest';
import { UsageError } from '../errors.js';
import { createFakeReader, demoSweep, sketchSweep, sweepRow } from './ledger.fixture.js';
import { resolveModels, resolveSweep, resolveTrial } from './resolve-reference.js';

const older = sketchSweep(sweepRow({ name: 'llama', createdAt: '2026-11-01T00:00:00.000Z' }), [
  { id: 'b1', label: 'base', scores: [0.1, 0.1] },
  { id: '1', scores: [0.5, 0.5] },
]);
const reader = createFakeReader([older, demoSweep()]);

const codeOf = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof UsageError) return error.code;
    throw error;
  }
  return 'no error';
};

describe('a sweep', () => {
  it.each([
    ['llama', 'llama'],
    ['ll', 'llama'],
    ['@last', 'demo'],
    ['', 'demo'],
  ])('%s is %s', (text, name) => {
    expect(resolveSweep(reader, text).name).toBe(name);
  });

  it('is the exact name before the beginning of another', () => {
    const both = createFakeReader([
      demoSweep(),
      { ...demoSweep(), row: sweepRow({ name: 'demo-2' }) },
    ]);
    expect(resolveSweep(both, 'demo').name).toBe('demo');
    expect(codeOf(() => resolveSweep(both, 'de'))).toBe('ambiguous_sweep');
  });

  it('that is not there gets the nearest name and all names', () => {
    expect(() => resolveSweep(reader, 'dmeo')).toThrow(
      'no sweep is called `dmeo`; did you mean `demo`? (there are llama, demo)',
    );
    expect(codeOf(() => resolveSweep(createFakeReader([]), '@last'))).toBe('no_sweeps');
  });
});

describe('a trial', () => {
  it.each([
    ['demo#2', '2'],
    ['demo#0002', '2'],
    ['@last#b2', 'b2'],
    ['#c1', 'c1'],
    ['de#best', '2'],
    ['demo#base', 'b1'],
    ['demo#uniform', 'b4'],
    ['demo#spec-shift', 'b2'],
  ])('%s is %s', (text, id) => {
    expect(resolveTrial(reader, text).trial.trial).toBe(id);
  });

  it('that is not there gets a did-you-mean for labels and the range for numbers', () => {
    expect(() => resolveTrial(reader, 'demo#spec-shfit')).toThrow(/did you mean `spec-shift`\?/);
    expect(() => resolveTrial(reader, 'demo#99')).toThrow(
      'demo has no trial `99` (there are trials 1 to 3 and the baselines ' +
        'base, spec-shift, spec-third, uniform, ties)',
    );
  });

  it('needs its number, and a best needs a score', () => {
    expect(codeOf(() => resolveTrial(reader, 'demo'))).toBe('no_trial');
    const empty = createFakeReader([sketchSweep(sweepRow(), [{ id: '1' }])]);
    expect(codeOf(() => resolveTrial(empty, 'demo#best'))).toBe('no_best');
  });
});

describe('models to compare', () => {
  const idsOf = (...texts: string[]): string[] =>
    resolveModels(reader, texts).map(({ sweep, trial }) => `${sweep.name}#${trial.trial}`);

  it('are trials, bests of sweeps, and baselines of the first sweep named', () => {
    expect(idsOf('demo', 'spec-third', 'base')).toEqual(['demo#2', 'demo#b3', 'demo#b1']);
    expect(idsOf('base', 'llama#1')).toEqual(['llama#b1', 'llama#1']);
    expect(idsOf('llama', 'demo')).toEqual(['llama#1', 'demo#2']);
  });

  it('that are neither are named with what there is', () => {
    expect(() => idsOf('demo', 'spec-thrid')).toThrow(
      /neither a sweep nor a baseline of demo; did you mean `spec-third`/,
    );
  });
});
