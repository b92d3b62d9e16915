import { describe, expect, it } from 'vitest';
import { parseSweepSpec } from './parse-sweep-spec.js';
import { expectDiagnostics, sweepText } from './sweep-text.fixture.js';

describe('names', () => {
  expectDiagnostics([
    [
      "a sweep in the place of mergesweep's own files",
      'version: 1',
      'version: 1\nname: ledger.sqlite',
      [
        'mix:2:7 error E017 `ledger.sqlite` is the name of a file of mergesweep in the results folder',
      ],
    ],
    [
      'a label that every object has',
      'name: beta',
      'name: constructor',
      [
        "mix:7:7 warning W102 no search task is `for: constructor`: nothing shows whether that parent's skill survives",
        'mix:8:13 error E017 `constructor` is a name that every object in JavaScript has',
        'mix:15:48 error E042 no parent is labelled `beta`',
      ],
    ],
    [
      'a task that every object has',
      'task_c',
      'valueOf',
      ['mix:17:15 error E017 `valueOf` is a name that every object in JavaScript has'],
    ],
  ]);

  it('a file whose stem can not name the sweep', () => {
    const parsed = parseSweepSpec(sweepText, '/sweeps/logs.yaml', '/home/me');
    expect(parsed.ok ? [] : parsed.diagnostics.map(({ code }) => code)).toEqual(['E017']);
    expect(
      parseSweepSpec(sweepText.replace('version: 1', 'version: 1\nname: x'), '/sweeps/logs.yaml')
        .ok,
    ).toBe(true);
  });
});
