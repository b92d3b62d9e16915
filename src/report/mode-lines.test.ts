import { expect, test } from 'vitest';
import type { TrialRow } from '../store/rows.js';
import { describeModes } from './mode-lines.js';

const trial = (mode: 'warm' | 'cold' | undefined, modeReason: string, asked = 'auto'): TrialRow =>
  ({ state: 'complete', mode, modeReason, input: { evaluator: { mode: asked } } }) as TrialRow;

test('a sweep that was asked to be cold says nothing', () => {
  expect(describeModes([trial('cold', 'evaluation.mode is cold', 'cold')])).toEqual([]);
  expect(describeModes([trial(undefined, '')])).toEqual([]);
});

test('warm trials are counted, and those that proved that warm is right', () => {
  const proof = trial('cold', 'to prove that warm equals it');
  expect(describeModes([proof, trial('warm', 'x'), trial('warm', 'x')])).toEqual([
    {
      tone: 'plain',
      text: '2 of 3 evaluations were warm; 1 were evaluated in both ways, bit for bit the same',
    },
  ]);
});

test('a proof is one, whatever else its trial says', () => {
  const proof = trial(
    'cold',
    'to prove that warm equals it; batch size 4, since 8 needed too much',
  );
  expect(describeModes([proof, trial('warm', 'x')]).map(({ text }) => text)).toEqual([
    '1 of 2 evaluations were warm; 1 were evaluated in both ways, bit for bit the same',
  ]);
});

test('every reason to go back to cold is said', () => {
  const lines = describeModes([trial('cold', 'a'), trial('cold', 'a'), trial('cold', 'b')]);
  expect(lines.map(({ text }) => text)).toEqual(['2 of 3 were cold: a', '1 of 3 were cold: b']);
  expect(lines.every(({ tone }) => tone === 'bad')).toBe(true);
});
