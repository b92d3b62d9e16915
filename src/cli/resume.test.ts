import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { sketchSweep, sweepRow } from '../report/ledger.fixture.js';
import { runFake } from './cli.fixture.js';
import { overrideSpec } from './override-spec.js';
import { withOverrides } from './resume.js';

const file = `version: 1
name: demo
genome: { merge_method: dare_ties, base_model: ./base, models: [./a, ./b] }
optimizer: { max_trials: 12, seed: 42 }
tasks: { search: [{ name: t, metric: 'acc,none' }] }
`;
const specPath = '/home/me/demo.yaml';

describe('the file of a sweep that is resumed', () => {
  it('is taken as it is where no flag changed it', () => {
    const edited = file.replace('12', '20');
    expect(withOverrides(edited, sweepRow({ specText: file, specPath }))).toBe(edited);
  });

  it('has the flags that the sweep was started with, and the edits of the rest', () => {
    const specText = overrideSpec(file, { name: 'small', maxTrials: 3 });
    const row = sweepRow({ name: 'small', specText, specPath });
    const edited = file.replace('seed: 42', 'seed: 7').replace('12', '20');
    expect(parse(withOverrides(edited, row))).toMatchObject({
      ...{ name: 'small', optimizer: { max_trials: 3, seed: 7 } },
    });
  });
});

describe('fork', () => {
  const sweeps = [sketchSweep(sweepRow({ specText: file, specPath }), [])];

  it('needs a name, and another one than the sweep has', async () => {
    expect((await runFake(['fork', 'demo'], { sweeps })).exitCode).toBe(2);
    const { err, exitCode } = await runFake(['fork', 'demo', '--name', 'demo'], { sweeps });
    expect([exitCode, err]).toEqual([2, expect.stringContaining('error fork_name')]);
  });

  it('of a file that is not there, or has errors, starts nothing', async () => {
    const words = ['fork', 'demo', '--name', 'next'];
    const none = await runFake([...words, '--file', 'none.yaml'], { sweeps });
    expect(none.err).toContain('error no_sweep_file');
    const files = { [specPath]: file.replace('dare_ties', 'dare_tise') };
    const broken = await runFake(words, { sweeps, files });
    expect([broken.exitCode, broken.err]).toEqual([2, expect.stringContaining('dare_tise')]);
  });
});
