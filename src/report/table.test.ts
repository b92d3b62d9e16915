import { expect, it } from 'vitest';
import { displayWidth, renderTable } from './table.js';

it('aligns columns by what a terminal shows', () => {
  const lines = renderTable(
    [{ header: 'name' }, { header: 'score', align: 'right' }, { header: 'note' }],
    [
      ['ä̈b', '0.5', 'x'],
      ['合并', '12.25', ''],
    ],
  );
  expect(lines).toEqual(['name  score  note', 'ä̈b      0.5  x', '合并  12.25']);
});

it('stands short headers at the bottom, next to their figures', () => {
  const lines = renderTable([{ header: ['a', 'b'] }, { header: 'c' }], [['1', '2']]);
  expect(lines).toEqual(['a', 'b  c', '1  2']);
});

it('fills missing cells and drops empty header lines', () => {
  expect(renderTable([{ header: [] }, { header: [] }], [['a'], ['', 'b']])).toEqual(['a', '   b']);
});

it.each([
  ['abc', 3],
  ['é', 1],
  ['模型', 4],
  ['🚀', 2],
  ['', 0],
])('%s takes %i columns', (text, width) => {
  expect(displayWidth(text)).toBe(width);
});
