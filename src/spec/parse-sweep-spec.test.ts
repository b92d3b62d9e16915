import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diagnose, edit, sweepPath, sweepText } from './sweep-text.fixture.js';
import { resolveModel } from './model-reference.js';
import { parseSweepSpec } from './parse-sweep-spec.js';
import type { SweepSpec } from './sweep-spec.js';

/** CPU time, so that a busy machine fails no test. */
const cpuSeconds = (): number => process.cpuUsage().user / 1e6;

function parse(text: string, path = sweepPath): SweepSpec {
  const parsed = parseSweepSpec(text, path, '/home/me');
  if (!parsed.ok) throw new Error(parsed.diagnostics.map(({ message }) => message).join('\n'));
  return parsed.spec;
}

describe('a valid sweep file', () => {
  it('gets its name from the stem, its paths made absolute, its defaults filled in', () => {
    const spec = parse(sweepText);
    expect(spec.name).toBe('mix');
    expect(spec.base).toEqual({ label: 'base', model: '/models/base', isLocal: true });
    expect(spec.parents).toEqual([
      { label: 'alpha', model: '/models/alpha', isLocal: true, parameters: {} },
      { label: 'beta', model: 'org/beta', isLocal: false, parameters: {} },
    ]);
    expect(spec.mergeSeed).toBe(42);
    expect(spec.file.optimizer).toEqual({
      name: 'cma-es',
      max_trials: 100,
      seed: 42,
      sigma0: 0.25,
      start: 'duo',
      surrogate: 'auto',
      inject: [],
      finalists: 5,
    });
    expect(spec.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('resolves the folders of the evaluation and the home folder', () => {
    const spec = parse(
      edit(
        edit(sweepText, '../models/alpha', '~/alpha'),
        'version: 1',
        'version: 1\nname: other\nmerge: { seed: 7 }\nevaluation: { include_path: tasks, cwd: .. }',
      ),
    );
    expect(spec.parents[0]?.model).toBe('/home/me/alpha');
    expect(spec.includePath).toBe('/sweeps/tasks');
    expect(spec.evaluationCwd).toBe('/');
    expect(spec.mergeSeed).toBe(7);
    expect(spec.name).toBe('other');
  });

  it('says so when the home folder is not known', () => {
    expect(resolveModel('~/alpha', '/sweeps')).toEqual({
      ok: false,
      message: '`~/alpha`: the home folder is not known here',
      fix: 'write the absolute path',
    });
  });

  it('moves a density of 1 to what mergekit draws masks for', () => {
    const spec = parse(edit(sweepText, 'max: 0.9', 'max: 1'));
    expect(spec.file.genome.parameters['density']).toEqual({ min: 0.3, max: 0.999 });
  });

  it('must have a name that can be a folder', () => {
    const parsed = parseSweepSpec(sweepText, '/sweeps/my mix.yaml');
    expect(parsed.ok ? [] : parsed.diagnostics).toEqual([
      {
        file: '/sweeps/my mix.yaml',
        line: 1,
        column: 1,
        severity: 'error',
        code: 'E016',
        message: "the file's stem `my mix` can't name the sweep",
        fix: 'add `name:` with letters, digits, `_`, `.`, `-`, or rename the file',
      },
    ]);
  });
});

describe('the hash of a spec', () => {
  it('stays when comments, order of keys, written defaults or the folder change', () => {
    const { hash } = parse(sweepText);
    expect(parse(`# a comment\n${sweepText}`).hash).toBe(hash);
    expect(parse(sweepText, '/elsewhere/mix.yaml').hash).toBe(hash);
    expect(parse(edit(sweepText, 'version: 1', 'version: 1\noptimizer: { seed: 42 }')).hash).toBe(
      hash,
    );
    expect(parse(edit(sweepText, '{ min: 0.2, max: 0.8 }', '{ max: 0.8, min: 0.2 }')).hash).toBe(
      hash,
    );
  });

  it('is that of the version before `start`, `surrogate`, `inject` and `finalists`, until they are set', () => {
    const hash = 'e0ed18442071fff6c02a3477b7c6518a33a7f628d065a196b35ec1fc20a6de97';
    const having = (optimizer: string) =>
      parse(edit(sweepText, 'version: 1', `version: 1\noptimizer: { ${optimizer} }`)).hash;
    expect(parse(sweepText).hash).toBe(hash);
    expect(having('start: duo, surrogate: auto, finalists: 5, inject: []')).toBe(hash);
    const settings = ['start: single', 'surrogate: off', 'finalists: 3', 'name: sobol'];
    const hashes = [hash, ...settings.map(having)];
    expect(new Set(hashes).size).toBe(5);
  });

  it('changes with the name and with any value', () => {
    const { hash } = parse(sweepText);
    expect(parse(sweepText, '/sweeps/other.yaml').hash).not.toBe(hash);
    expect(parse(edit(sweepText, 'max: 0.8', 'max: 0.81')).hash).not.toBe(hash);
    expect(parse(edit(sweepText, 'task_c', 'task_d')).hash).not.toBe(hash);
  });
});

describe('all errors at once', () => {
  it('reports slips of keys, values and meaning of one section together, by position', () => {
    const text = edit(
      edit(edit(sweepText, 'merge_method', 'merge_metod'), 'max: 0.9', 'max: 1.4'),
      'for: beta',
      'for: bta',
    );
    expect(diagnose(text)).toEqual([
      'mix:3:3 error E012 unknown key `merge_metod` under genome; did you mean `merge_method`?',
      'mix:11:31 error E031 genome.parameters.density.max is 1.4; density is a kept fraction, use 0.001 to 1',
      'mix:15:48 error E042 no parent is labelled `bta`; did you mean `beta`?',
    ]);
  });

  it('reports values that no sweep may hold beside all others, each once', () => {
    const text = edit(
      edit(edit(sweepText, 'min: 0.2', 'min: .nan'), 'max: 0.9', 'max: 1.4'),
      'metric:',
      'metrik:',
    );
    expect(diagnose(text)).toEqual([
      'mix:10:20 error E010 number `.nan` is refused: write a finite number',
      'mix:11:31 error E031 genome.parameters.density.max is 1.4; density is a kept fraction, use 0.001 to 1',
      'mix:14:23 error E012 unknown key `metrik` under tasks.search[0]; did you mean `metric`?',
    ]);
  });

  it('reads parameters as those of the method that a misspelt one must mean', () => {
    const text = edit(edit(sweepText, 'dare_ties', 'dare_tise'), 'max: 0.9', 'max: 1.4');
    expect(diagnose(text)).toEqual([
      'mix:3:17 error E020 unknown merge method `dare_tise`; did you mean `dare_ties`?',
      'mix:11:31 error E031 genome.parameters.density.max is 1.4; density is a kept fraction, use 0.001 to 1',
    ]);
  });
});

describe('files that would cost time or memory', () => {
  it.each([
    [
      'more than 256 KiB',
      `#${'x'.repeat(256 * 1024)}`,
      'mix:1:1 error E001 the file has 262145 bytes; a sweep file has at most 262144',
    ],
    [
      'a flat list',
      'a: [' + 'a,'.repeat(20_000) + ']',
      'E004 more than 10000 values, or 50000 YAML tokens',
    ],
    [
      'a map of many keys',
      Array.from({ length: 20_000 }, (_, i) => `k${i}: 1\n`).join(''),
      'E004 more than',
    ],
    ['deep flow nesting', '['.repeat(130_000), 'mix:1:33 error E004 nested deeper than 32 levels'],
    [
      'deep block nesting',
      Array.from({ length: 60 }, (_, i) => `${' '.repeat(i)}k:\n`).join(''),
      'E004 nested deeper than 32 levels',
    ],
    ['many sequences in a line', '- '.repeat(130_000), 'E004'],
    ['many colons', ': '.repeat(130_000), 'E004'],
    ['many empty lines', '\n'.repeat(260_000), 'E004'],
    ['many documents', '---\n'.repeat(65_000), 'E004'],
    ['many anchors', '&a '.repeat(80_000), 'E004'],
    ['nothing', '', 'mix:1:1 error E003 the file is empty; start with `version: 1`'],
    ['a list', '- 1', 'mix:1:1 error E013 the file is a list; expected a mapping'],
  ])('%s is refused within a second', (_title, text, expected) => {
    const start = cpuSeconds();
    const [first, ...more] = diagnose(text);
    expect(first).toContain(expected);
    expect(more).toEqual([]);
    expect(cpuSeconds() - start).toBeLessThan(1);
  });

  it('a list of many syntax errors is cut', () => {
    const lines = diagnose(`a: "b" ${'"c" '.repeat(3000)}`);
    expect(lines.length).toBeLessThanOrEqual(21);
    expect(lines.at(-1)).toMatch(/E002 not valid YAML here and in \d+ more places/);
  });
});

describe('any text', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ':',
    '-',
    '&a',
    '*a',
    '!t',
    '<<',
    '"',
    "'",
    '|',
    '>',
    '\n',
    '  ',
    '#',
    '---',
    '.nan',
    '~',
    '0x1F',
    '__proto__',
    '\u202e',
    '\t',
    '1e999',
  ];

  it('never crashes the parser, and is answered within a second', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            at: fc.nat(sweepText.length),
            remove: fc.nat(12),
            insert: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 6 })),
          }),
          { minLength: 1, maxLength: 8 },
        ),
        (edits) => {
          const text = edits.reduce(
            (mutated, { at, remove, insert }) =>
              mutated.slice(0, at) + insert + mutated.slice(at + remove),
            sweepText,
          );
          const start = cpuSeconds();
          const parsed = parseSweepSpec(text, sweepPath, '/home/me');
          expect(cpuSeconds() - start).toBeLessThan(1);
          for (const { line, column } of parsed.ok ? parsed.warnings : parsed.diagnostics) {
            expect(line).toBeGreaterThanOrEqual(1);
            expect(line).toBeLessThanOrEqual(text.split('\n').length);
            expect(column).toBeGreaterThanOrEqual(1);
          }
          if (!parsed.ok) expect(parsed.diagnostics.length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 400 },
    );
  });

  it('never reaches the prototype of objects', () => {
    const keys = [
      '__proto__',
      'constructor',
      'prototype',
      '"__proto__"',
      '"\\x5f_proto__"',
      'constructor: { prototype',
      '[__proto__]',
      '? __proto__\n',
    ];
    const places = ['version: 1', 'weight: {', 'tasks:', '{ name: task_a,', 'name: beta'];
    let tried = 0;
    for (const key of keys)
      for (const place of places)
        for (const value of ['{ polluted: yes }', 'polluted', '{ toString: 1, polluted: 1 }']) {
          const inserted =
            place.endsWith('{') || place.endsWith(',')
              ? `${place} ${key}: ${value},`
              : `${key}: ${value}\n${place}`;
          const parsed = parseSweepSpec(edit(sweepText, place, inserted), sweepPath, '/home/me');
          expect(parsed.ok, inserted).toBe(false);
          expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
          tried++;
        }
    expect(tried).toBe(120);
  });
});

describe('the sweeps that are shipped', () => {
  const folder = new URL('../../sweeps/', import.meta.url);
  it.each(readdirSync(folder).filter((name) => name.endsWith('.yaml')))('%s is valid', (name) => {
    const spec = parse(readFileSync(new URL(name, folder), 'utf8'), `/sweeps/${name}`);
    expect(spec.name).toBe(name.replace('.yaml', ''));
  });
});
