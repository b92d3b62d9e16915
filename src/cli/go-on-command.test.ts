import { describe, expect, it } from 'vitest';
import { sweepRow } from '../report/ledger.fixture.js';
import { goOnCommand, repeatCommand } from './go-on-command.js';
import { overrideSpec } from './override-spec.js';

const file = `version: 1
name: demo
genome:
  merge_method: dare_ties
  base_model: ./base
  models: [./a, ./b]
optimizer: { max_trials: 12, seed: 42 }
tasks:
  search: [{ name: t, metric: 'acc,none' }]
`;
const path = '/home/me/my sweeps/demo.yaml';
const row = (specText: string) => sweepRow({ specText, specPath: path });

describe('goOnCommand', () => {
  it('needs no flag when the sweep is its file', () => {
    expect(goOnCommand(row(file), file, 'demo.yaml')).toBe('npx mergesweep run demo.yaml');
  });

  it('has the flags by which the sweep differs from its file, and no others', () => {
    const specText = overrideSpec(file, { name: 'demo-t40', maxTrials: 40 });
    expect(goOnCommand(row(specText), file, 'my sweeps/demo.yaml')).toBe(
      "npx mergesweep run 'my sweeps/demo.yaml' --name demo-t40 --max-trials 40",
    );
  });

  it('has them all when the file is gone or broken, and none from a text it can not read', () => {
    const all = 'npx mergesweep run d.yaml --name demo --max-trials 12 --seed 42';
    expect(goOnCommand(row(file), undefined, 'd.yaml')).toBe(all);
    expect(goOnCommand(row(file), 'version: [', 'd.yaml')).toBe(all);
    expect(goOnCommand(row(''), file, 'd.yaml')).toBe('npx mergesweep run d.yaml');
  });
});

describe('repeatCommand', () => {
  it('repeats what says which sweep and where', () => {
    expect(repeatCommand('sweeps/demo.yaml', { worker: true })).toBe(
      'npx mergesweep run sweeps/demo.yaml',
    );
    expect(
      repeatCommand('my sweep.yaml', {
        ...{ worker: false, results: "o'neill", seed: 0, maxTrials: 3, json: true, detach: true },
        ...{ address: 'temporal.lan:7233', insecurePlaintext: true },
      }),
    ).toBe(
      "npx mergesweep run 'my sweep.yaml' --max-trials 3 --seed 0 --results 'o'\\''neill' " +
        '--address temporal.lan:7233 --insecure-plaintext --no-worker',
    );
  });

  it('repeats what may run as code: it is allowed for one start alone', () => {
    const options = { worker: true, allowPickle: ['a', 'b'], allowTaskCode: true };
    expect(repeatCommand('x.yaml', options)).toBe(
      'npx mergesweep run x.yaml --allow-pickle a --allow-pickle b --allow-task-code',
    );
  });
});
