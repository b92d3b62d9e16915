import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createBox, type Dimension } from './box.js';
import { Cma } from './cma.js';
import { CmaEventError, CmaOptionsError } from './errors.js';

const dims: Dimension[] = [
  { name: 'density', lo: -2, hi: 3 },
  { name: 'rate', lo: 1e-5, hi: 1e-1, log: true },
  { name: 'layers', lo: 1, hi: 8, int: true },
  { name: 'width', lo: 16, hi: 4096, int: true, log: true },
  { name: 'dropout', lo: 0.1, hi: 0.5, step: 0.1 },
  { name: 'method', choices: ['ties', 'slerp', 7, true] },
];
const box = createBox(dims);

describe('createBox', () => {
  it('has a coordinate for each number and for each choice, discrete where values are evenly spaced', () => {
    expect(box.dimension).toBe(9);
    const free = [null, null, null, null];
    expect(box.coordinates).toEqual([null, null, { levels: 8 }, null, { levels: 5 }, ...free]);
    expect(createBox([{ name: 'a', lo: 0, hi: 1 }]).coordinates).toBeNull();
  });

  it('maps the ends of the box to the ends of the ranges exactly', () => {
    const low = box.toValues(new Array<number>(9).fill(0));
    const high = box.toValues(new Array<number>(9).fill(1));
    const first = { density: -2, rate: 1e-5, layers: 1, width: 16, dropout: 0.1, method: 'ties' };
    expect(low).toEqual(first);
    expect(high).toEqual({ ...first, density: 3, rate: 0.1, layers: 8, width: 4096, dropout: 0.5 });
    expect(box.toValues([0.5, 0.5, 0.5, 0.5, 0.5, 0.1, 0.2, 0.9, 0.9])['method']).toBe(7);
    expect(box.toValues([0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0])['rate']).toBeCloseTo(1e-3, 12);
  });

  it('gives values back, whatever they are', () => {
    const values = fc.record({
      density: fc.double({ min: -2, max: 3, noNaN: true }),
      rate: fc.double({ min: 1e-5, max: 1e-1, noNaN: true }),
      layers: fc.integer({ min: 1, max: 8 }),
      width: fc.integer({ min: 16, max: 4096 }),
      dropout: fc.constantFrom(...[0, 1, 2, 3, 4].map((i) => (i === 4 ? 0.5 : 0.1 + i * 0.1))),
      method: fc.constantFrom('ties', 'slerp', 7, true),
    });
    fc.assert(
      fc.property(values, (wanted) => {
        const x = box.toBox(wanted);
        expect(x.every((item) => item >= 0 && item <= 1)).toBe(true);
        const { density, rate, ...exact } = box.toValues(x);
        const { density: wantedDensity, rate: wantedRate, ...wantedExact } = wanted;
        expect(exact).toEqual(wantedExact);
        expect(density).toBeCloseTo(wantedDensity, 12);
        expect(Number(rate) / wantedRate).toBeCloseTo(1, 12);
      }),
      { seed: 1 },
    );
  });

  it('drives a search to the best values', () => {
    const small = createBox(dims.slice(0, 3).concat(dims[5]!));
    const es = new Cma({ dimension: small.dimension, coordinates: small.coordinates, seed: 4 });
    for (let i = 0; i < 1500; i++) {
      const { id, x } = es.ask();
      const { density, rate, layers, method } = small.toValues(x);
      const loss =
        (Number(density) - 1.5) ** 2 +
        Math.log10(Number(rate) / 1e-3) ** 2 +
        (Number(layers) - 6) ** 2 +
        (method === 'slerp' ? 0 : 1);
      es.tell(id, loss);
    }
    const found = small.toValues(es.best!.x);
    expect(found).toMatchObject({ layers: 6, method: 'slerp' });
    expect(es.best!.value).toBeLessThan(1e-6);
  });

  const refused: [unknown, string][] = [
    [[], 'CmaOptions.dims: expected at least one dimension'],
    [[{ name: 'a', lo: 1, hi: 1 }], 'dims[0].hi: expected a finite number above 1, got 1'],
    [[{ name: 'a', lo: Number.NaN, hi: 1 }], 'dims[0].lo: expected a finite number, got NaN'],
    [[{ name: 'a', lo: 0, hi: 1, log: true }], 'dims[0].lo: expected a number above 0'],
    [[{ name: 'a', lo: 0.5, hi: 2, int: true }], 'dims[0].lo: expected a whole number'],
    [[{ name: 'a', lo: 0, hi: 2.5, int: true }], 'dims[0].hi: expected a whole number'],
    [[{ name: 'a', lo: 0, hi: 1, step: 0.3 }], 'dims[0].step: expected a number that divides 1'],
    [[{ name: 'a', lo: 0, hi: 1, step: 0 }], 'dims[0].step: expected a number that divides 1'],
    [[{ name: 'a', lo: 1, hi: 2, step: 1, int: true }], 'dims[0].step: expected none beside'],
    [[{ name: 'a', choices: ['x'] }], 'dims[0].choices: expected at least two different choices'],
    [[{ name: 'a', choices: ['x', 'x'] }], 'expected at least two different choices'],
    [
      [
        { name: 'a', lo: 0, hi: 1 },
        { name: 'a', lo: 0, hi: 1 },
      ],
      'dims[1].name: expected a name of its own, got the string "a"',
    ],
  ];
  it.each(refused)('refuses %j', (wrong, message) => {
    expect(() => createBox(wrong as Dimension[])).toThrow(CmaOptionsError);
    expect(() => createBox(wrong as Dimension[])).toThrow(message);
  });

  it('refuses points and values that are not of the space', () => {
    const values = box.toValues(new Array<number>(9).fill(0.5));
    expect(() => box.toValues([0.5])).toThrow('x: expected 9 numbers in [0, 1], got an array of 1');
    expect(() => box.toBox({ ...values, rate: 1 })).toThrow(CmaEventError);
    expect(() => box.toBox({ ...values, rate: 1 })).toThrow(
      'values.rate: expected a number from 0.00001 to 0.1, got 1',
    );
    expect(() => box.toBox({ ...values, method: 'x' })).toThrow(
      'values.method: expected "ties" or "slerp" or 7 or true, got the string "x"',
    );
    expect(() => box.toBox({ ...values, other: 1 })).toThrow('got "other"');
    const { rate: _rate, ...rest } = values;
    expect(() => box.toBox(rest)).toThrow('values.rate: expected a number');
  });
});
