import { describe, expect, it } from 'vitest';
import {
  crash,
  createFakeReader,
  demoSketches,
  demoSweep,
  sketchSweep,
  sweepRow,
  type FakeSweep,
  type TrialSketch,
} from './ledger.fixture.js';
import { criticalLead } from './finalists.js';
import { renderSweepResult } from './sweep-result.js';

const golden = (name: string): string =>
  new URL(`../../test/golden/cli/${name}.txt`, import.meta.url).pathname;

const render = (sweep: FakeSweep, columns = 120, color = false): string =>
  renderSweepResult(createFakeReader([sweep]), 'demo', { color, columns });

/** The demo with some of its trials otherwise. */
const changed = (changes: Readonly<Record<string, Partial<TrialSketch>>>): FakeSweep =>
  sketchSweep(
    sweepRow(),
    demoSketches().map((sketch) => ({ ...sketch, ...changes[sketch.id] })),
  );

describe('the final table', () => {
  it('is the table that people see', async () => {
    await expect(render(demoSweep())).toMatchFileSnapshot(golden('sweep-result'));
  });

  it('takes short column names and a legend on a narrow terminal', async () => {
    const text = render(demoSweep(), 72);
    await expect(text).toMatchFileSnapshot(golden('sweep-result-narrow'));
    expect(
      Math.max(
        ...text
          .split('\n')
          .slice(2, 10)
          .map((line) => line.length),
      ),
    ).toBeLessThan(73);
  });

  it('has colour only when asked for, and the same text with it', () => {
    const colored = render(demoSweep(), 120, true);
    expect(render(demoSweep())).not.toContain('\u001b');
    expect(colored).toContain('\u001b[1m');
    // eslint-disable-next-line no-control-regex -- colour is what this is about
    expect(colored.replaceAll(/\u001b\[\d+m/g, '')).toBe(render(demoSweep()));
  });

  it('names the results folder in its commands where it is not the default', () => {
    const text = renderSweepResult(createFakeReader([demoSweep()]), 'demo', {
      ...{ color: false, columns: 120, resultsPath: '/data/my results' },
    });
    expect(text).toContain('best config  /data/my results/demo/best_config.yaml');
    expect(text).toContain("#spec-shift --results '/data/my results'\n");
  });

  it('refuses a sweep that is not there', () => {
    expect(() =>
      renderSweepResult(createFakeReader([]), 'demo', { color: false, columns: 80 }),
    ).toThrow(/no sweep is called `demo`/);
  });
});

describe('the verdict', () => {
  it('says by how much the best leads the nearest parent', () => {
    // spec-shift is confirmed at (0.96 + 0.31) / 2 = 0.635, the best at 0.93.
    expect(render(demoSweep())).toContain(
      '✓ best #2 leads every parent by at least +0.2950 ± 0.0310 on held-out documents (nearest: spec-shift)',
    );
  });

  it('admits that a parent is ahead', () => {
    const text = render(changed({ c4: { scores: [0.9, 0.99] } }));
    expect(text).toContain(
      '! best #2 does not lead every parent on held-out documents: spec-third is level or ahead by up to 0.0150',
    );
  });

  it('calls a lead within noise no difference', () => {
    const text = render(changed({ c4: { scores: [0.89, 0.95] } }));
    expect(text).toMatch(/! best #2 leads every parent by at least \+0\.0100 .*within noise/);
  });

  it('names the skill that a good mean hides the loss of', () => {
    const text = render(changed({ c1: { scores: [0.5, 0.96] } }));
    expect(text).toContain(
      '! it falls behind spec-shift on its own task zoo_shift_confirm: 0.5000 against 0.9600',
    );
    expect(text).not.toContain('behind spec-third');
    expect(text).not.toContain("keeps each parent's score");
  });

  it('does not speak for parents that were not confirmed', () => {
    const failed = { state: 'failed' as const, failure: crash };
    const sweep = sketchSweep(
      sweepRow(),
      demoSketches().map((sketch) => {
        if (sketch.id !== 'c4') return sketch;
        const { scores: _, ...rest } = sketch;
        return { ...rest, ...failed };
      }),
    );
    const text = render(sweep);
    expect(text).toContain('leads the confirmed parents by at least');
    expect(text).toContain('1 of 2 parents have none');
    expect(text).not.toContain('every parent');
  });

  it('claims nothing on held-out documents before the confirmation', () => {
    const text = render(
      sketchSweep(
        sweepRow({ state: 'running' }),
        demoSketches().filter(({ id }) => !id.startsWith('c')),
      ),
    );
    expect(text).toContain('best #2 is not confirmed yet on held-out documents');
    expect(text).toContain('+0.3250 to the best parent (spec-shift), which flatters a winner');
    expect(text).not.toContain('best_config.yaml');
  });

  it('is that there is none when no trial has a score', () => {
    const text = render(
      sketchSweep(sweepRow({ state: 'paused', reason: 'lm_eval is missing' }), [
        { id: 'b1', label: 'base', scores: [0.1, 0.2] },
        { id: '1', failure: crash },
      ]),
    );
    expect(text).toContain('demo  paused (lm_eval is missing)');
    expect(text).toContain('there is no best merge');
    expect(text).toContain('1 trial failed: 1 crash');
    expect(text).not.toContain('best_config.yaml');
  });

  it('shows a failed baseline as failed, never as 0', () => {
    const sweep = changed({});
    const trials = sweep.trials.map((trial) => {
      if (trial.trial !== 'b4') return trial;
      const { fitness: _, ...rest } = trial;
      return { ...rest, state: 'failed' as const, failure: crash };
    });
    expect(render({ ...sweep, trials })).toMatch(/uniform .*failed/);
  });
});

describe('a best that was chosen among finalists', () => {
  const having = (...sketches: TrialSketch[]) =>
    sketchSweep(sweepRow(), [...demoSketches(), ...sketches]);
  const second: TrialSketch = { id: 'c7', confirms: '1', scores: [0.95, 0.97] };

  it('is the best confirmed, and the report says among how many and what that is worth', () => {
    const text = render(having(second));
    expect(text).toContain('best #1');
    expect(text).toContain(
      'chosen among 2 finalists on these documents (#1 0.9600, #2 0.9300), which flatters it: a lead ' +
        'counts from 2.24 standard errors on; the best measured in the search was #2',
    );
  });

  it('is shown to lead only by more than the best of several leads by luck', () => {
    // 2.17 standard errors.
    const close = [0.86, 0.953] as const;
    const sketches = [...demoSketches(), second].map((each) =>
      each.id === 'c5' ? { ...each, scores: close } : each,
    );
    const alone = sketches.map((each) => (each.id === 'c1' ? { ...each, confirms: 'b9' } : each));
    const of = (list: readonly TrialSketch[]) => render(sketchSweep(sweepRow(), list));
    expect(of(sketches)).toMatch(/it leads the uniform merge by \+0\.0535 ± 0\.0\d+: within noise/);
    expect(of(alone)).toMatch(/it leads the uniform merge by \+0\.0535 ± 0\.0\d+\n/);
  });

  it('has a bar that grows with the number of finalists', () => {
    expect(criticalLead(1)).toBeCloseTo(1.96, 3);
    expect(criticalLead(5)).toBeCloseTo(2.576, 3);
  });

  it('waits for the confirmation of every finalist', () => {
    const text = render(having({ ...second, state: 'proposed' }));
    expect(text).toContain('best #2');
    expect(text).not.toContain('chosen among');
  });

  it('says nothing of a choice where there was none', () => {
    expect(render(demoSweep())).not.toContain('chosen among');
  });
});
