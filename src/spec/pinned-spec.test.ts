import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSweepSpec } from './parse-sweep-spec.js';
import { bindingText, pinSpec, tryToPin } from './pinned-spec.js';
import { sweepText } from './sweep-text.fixture.js';

const home = '/home/me';

function expectSamePinned(text: string, path: string): void {
  const parsed = parseSweepSpec(text, path, home);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
  const again = parseSweepSpec(pinSpec(parsed.spec), path, home);
  if (!again.ok) throw new Error(JSON.stringify(again.diagnostics));
  const { name } = parsed.spec;
  expect({ ...again.spec, file: { ...again.spec.file, name } }).toEqual({
    ...parsed.spec,
    file: { ...parsed.spec.file, name },
  });
  expect(tryToPin(parsed.spec, path, home)).toBe(pinSpec(parsed.spec));
}

const sweeps = readdirSync('sweeps').filter((name) => name.endsWith('.yaml'));

const range = fc
  .tuple(
    fc.double({ min: 0.01, max: 0.5, noNaN: true }),
    fc.double({ min: 0.51, max: 0.999, noNaN: true }),
  )
  .map(([min, max]) => ({ min, max }));
const words = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .filter((text) => !/^[-\s]|[\p{C}\p{Z}\uFFFD]/u.test(text.replaceAll(' ', '')));
const file = fc.record(
  {
    name: fc.stringMatching(/^[A-Za-z0-9][\w.-]{0,20}$/),
    description: words,
    optimizer: fc.record(
      {
        max_trials: fc.integer({ min: 1, max: 100_000 }),
        seed: fc.integer({ min: 0, max: 2_147_483_647 }),
        sigma0: fc.double({ min: 1e-9, max: 1, noNaN: true }),
        start: fc.constantFrom('duo', 'single'),
        finalists: fc.integer({ min: 1, max: 50 }),
      },
      { requiredKeys: [] },
    ),
    limits: fc.record(
      { stall_minutes: fc.double({ min: 1e-6, max: 1e6, noNaN: true }) },
      { requiredKeys: [] },
    ),
    fidelity: fc.record(
      { strategy: fc.constantFrom('off', 'race'), window: fc.integer({ min: 3, max: 99 }) },
      { requiredKeys: [] },
    ),
    weight: fc.oneof(range, fc.double({ min: 0.001, max: 2, noNaN: true })),
    density: range,
  },
  { requiredKeys: ['weight', 'density'] },
);

describe('the pinned file', () => {
  it.each(sweeps)('of sweeps/%s means what the file means', (name) => {
    expectSamePinned(readFileSync(join('sweeps', name), 'utf8'), `/sweeps/${name}`);
  });

  it('means what any file means', () => {
    expectSamePinned(sweepText, '/sweeps/mix.yaml');
    fc.assert(
      fc.property(file, ({ weight, density, ...rest }) => {
        const text = JSON.stringify({
          ...{ version: 1, ...rest },
          genome: {
            ...{ merge_method: 'dare_ties', base_model: './base' },
            ...{ models: ['./a', './b'], parameters: { weight, density } },
          },
          tasks: { search: [{ name: 't', metric: 'acc,none' }] },
        });
        expectSamePinned(text, '/sweeps/any.yaml');
      }),
      { numRuns: 300 },
    );
  });

  it('writes every default out, and the name that the stem gives', () => {
    const parsed = parseSweepSpec(sweepText, '/sweeps/mix.yaml', home);
    if (!parsed.ok) throw new Error('the fixture is valid');
    expect(JSON.parse(pinSpec(parsed.spec))).toMatchObject({
      name: 'mix',
      optimizer: { max_trials: 100, seed: 42 },
      limits: { attempts: 3 },
      tasks: { search: [{ weight: 1, direction: 'maximize' }, {}] },
    });
  });

  it('is what binds; a sweep without one is bound by its text', () => {
    const stored = { specText: 'text', specPath: '/x' };
    expect(bindingText(stored)).toBe('text');
    expect(bindingText({ ...stored, pinnedSpec: '{}' })).toBe('{}');
  });

  it('is left out where written-out defaults would make the file larger than one may be', () => {
    const tasks = Array.from({ length: 64 }, (_, index) => `{name: t${index}, metric: "acc,none"}`);
    const text = `version: 1
description: ${'x'.repeat(255_500)}
genome: {merge_method: linear, base_model: ./base, models: [./a, ./b]}
tasks: {search: [${tasks.join(', ')}], confirm: [${tasks.join(', ')}]}
`;
    const parsed = parseSweepSpec(text, '/sweeps/long.yaml', home);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.diagnostics));
    expect(tryToPin(parsed.spec, '/sweeps/long.yaml', home)).toBeUndefined();
  });
});
