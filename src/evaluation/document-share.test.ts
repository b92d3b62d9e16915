import { expect, test } from 'vitest';
import fc from 'fast-check';
import { countDocuments, selectDocuments, type DocumentShare } from './document-share.js';

const share = (more: Partial<DocumentShare> = {}): DocumentShare => ({
  seed: 42,
  rungs: [0.1, 0.3, 1],
  rung: 1,
  isExtension: false,
  counts: { a: 200, b: 50 },
  ...more,
});

test('every task gives the same share, by ascending id', () => {
  const { a = [], b = [] } = selectDocuments(share());
  expect([a.length, b.length]).toEqual([20, 5]);
  expect(a).toEqual([...a].sort((x, y) => x - y));
  expect(countDocuments(share())).toBe(25);
});

test('the documents are not the first ones, and another seed takes others', () => {
  const { a } = selectDocuments(share());
  expect(a).not.toEqual(Array.from({ length: 20 }, (_, id) => id));
  expect(selectDocuments(share({ seed: 43 }))['a']).not.toEqual(a);
  expect(selectDocuments(share())['a']).toEqual(a);
});

test('rungs and their extensions cut the documents into parts that together are all', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 300 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { minLength: 1, maxLength: 2 }),
      (count, percents) => {
        const rungs = [...percents.sort((x, y) => x - y).map((percent) => percent / 100), 1];
        const of = (rung: number, isExtension: boolean): number[] =>
          selectDocuments(share({ rungs, rung, isExtension, counts: { t: count } }))['t'] ?? [];
        let below: number[] = [];
        for (let rung = 1; rung <= rungs.length; rung++) {
          const added = of(rung, true);
          expect(added.length).toBeGreaterThan(0);
          expect([...below, ...added].sort((x, y) => x - y)).toEqual(of(rung, false));
          below = of(rung, false);
        }
        expect(below).toHaveLength(count);
      },
    ),
  );
});

test('a task with fewer documents than rungs is refused', () => {
  expect(() => selectDocuments(share({ counts: { tiny: 2 } }))).toThrow('has 2 documents');
});
