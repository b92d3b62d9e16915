import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { StageFailedError } from '../errors.js';
import { planCalls, type LmEvalCall } from './calls.js';
import type { PlannedTask } from './plan.js';
import { parseResults } from './results.js';

const recorded = readFileSync(
  new URL('../../test/fixtures/lm-eval/results_three_tasks.json', import.meta.url),
  'utf8',
).trimEnd();

const shift: PlannedTask = {
  name: 'zoo_shift_dev',
  metric: 'exact_match,none',
  direction: 'maximize',
  weight: 1,
  limit: 5,
};
const third = { ...shift, name: 'zoo_third_dev', metric: 'acc,none' };
const text: PlannedTask = {
  ...shift,
  name: 'zoo_text_dev',
  metric: 'bits_per_byte,none',
  direction: 'minimize',
};

function callOf(...tasks: PlannedTask[]): LmEvalCall {
  const [call] = planCalls({
    split: 'search',
    tasks,
    model: 'hf',
    modelArgs: {},
    batchSize: 8,
    args: {},
  });
  return call!;
}

function failureOf(json: string, ...tasks: PlannedTask[]): StageFailedError {
  try {
    parseResults(json, callOf(...tasks));
  } catch (error) {
    if (error instanceof StageFailedError) return error;
    throw error;
  }
  throw new Error('accepted');
}

/** Deeper than recursion reaches; JSON.parse itself reads it. */
const deepList = '['.repeat(20_000) + ']'.repeat(20_000);

interface Results {
  results: Record<string, Record<string, unknown>>;
  group_subtasks: Record<string, string[]>;
  higher_is_better: Record<string, Record<string, boolean>>;
  'n-samples': Record<string, Record<string, unknown>>;
}
/** The recorded file with a change; Python writes what JSON can't, so a mark stands in for it. */
function changed(change: (results: Results) => void): string {
  const results = JSON.parse(recorded) as Results;
  change(results);
  return JSON.stringify(results).replace(/"py:([^"]*)"/g, '$1');
}

test("recorded results give a score for each planned task, in the plan's order", () => {
  const parsed = parseResults(recorded, callOf(text, shift, third));
  expect(parsed.scores).toEqual([
    {
      task: 'zoo_text_dev',
      metric: 'bits_per_byte,none',
      value: 1.0541590159740717,
      documents: 5,
      higherIsBetter: false,
    },
    {
      task: 'zoo_shift_dev',
      metric: 'exact_match,none',
      value: 1,
      stderr: 0,
      documents: 5,
      higherIsBetter: true,
    },
    expect.objectContaining({ task: 'zoo_third_dev', value: 1, documents: 5 }),
  ]);
  expect(Object.keys(parsed.taskHashes).sort()).toEqual([
    'zoo_shift_dev',
    'zoo_text_dev',
    'zoo_third_dev',
  ]);
  expect(parsed.taskVersions['zoo_shift_dev']).toBe(1);
});

test('a file that was cut at any byte is never accepted', () => {
  for (let length = 0; length < recorded.length; length += 1) {
    expect(failureOf(recorded.slice(0, length), shift).failureClass).toBe('truncated_results');
  }
});

const badValues = [
  'py:NaN',
  'py:Infinity',
  'py:-Infinity',
  null,
  '0.5',
  1e308,
  -1,
  true,
  [0.5],
  999,
];
const metrics = [
  [shift, 'exact_match,none'],
  [third, 'acc,none'],
  [text, 'bits_per_byte,none'],
] as const;

test.each(metrics)(
  'no bad value of a metric is accepted, and the refusal names it',
  (task, metric) => {
    for (const value of badValues) {
      // A thousand bits per byte is absurd but possible.
      if (metric.startsWith('bits') && value === 999) continue;
      const error = failureOf(
        changed((file) => (file.results[task.name]![metric] = value)),
        task,
      );
      expect(error.failureClass).toBe('bad_score');
      expect(error.message).toContain(`${task.name} ${metric}`);
    }
    expect(
      failureOf(
        changed((f) => (f.results[task.name]![metric] = 'py:NaN')),
        task,
      ).message,
    ).toMatch(/got NaN/);
  },
);

test('a bad value is shown short, however deep or long it is', () => {
  const messageOf = (value: string): string =>
    failureOf(
      changed((file) => (file.results['zoo_shift_dev']!['exact_match,none'] = 'py:VALUE')).replace(
        'VALUE',
        () => value,
      ),
      shift,
    ).message;
  expect(messageOf(deepList)).toMatch(/got a list\.$/);
  expect(messageOf('{"a":1}')).toMatch(/got a mapping\.$/);
  expect(messageOf('null')).toMatch(/got null\.$/);
  expect(messageOf('"high"')).toMatch(/got `high`\.$/);
  expect(messageOf(`"${'x'.repeat(100_000)}"`).length).toBeLessThan(200);
});

test.each([
  ['a list', deepList],
  ['5', '5'],
])('a group whose subtasks are no names is refused: %s', (shown, value) => {
  const json = changed((file) => {
    file.results['zoo'] = { 'acc,none': 0.5 };
    file.group_subtasks['zoo'] = ['zoo_shift_dev', 'py:VALUE'];
  }).replace('VALUE', value);
  const error = failureOf(json, { ...third, name: 'zoo' });
  expect(error.failureClass).toBe('truncated_results');
  expect(error.message).toBe(`Expected the names of the subtasks of zoo, got ${shown}.`);
});

test('a NaN elsewhere in the file does no harm', () => {
  const json = changed((file) => {
    file.results['zoo_shift_dev']!['exact_match_stderr,none'] = 'py:NaN';
    file.results['zoo_third_dev']!['acc,none'] = 'py:-Infinity';
  });
  expect(parseResults(json, callOf(shift)).scores[0]).not.toHaveProperty('stderr');
});

test('NaN in a text is a text', () => {
  const json = changed((file) => (file.results['zoo_shift_dev']!['alias'] = 'a "NaN\\ Infinity'));
  expect(parseResults(json, callOf(shift)).scores[0]?.value).toBe(1);
});

test('a missing metric is a fault of the sweep file, and the metrics that are there are named', () => {
  const error = failureOf(recorded, { ...text, metric: 'acc,none' });
  expect(error.failureClass).toBe('configuration');
  expect(error.message).toMatch(
    /no metric acc,none; it reports word_perplexity,none, byte_perplexity,none, bits_per_byte,none/,
  );
});

test('a missing task is a fault of the sweep file', () => {
  const error = failureOf(recorded, { ...shift, name: 'toString' });
  expect(error.failureClass).toBe('configuration');
  expect(error.message).toContain('zoo_shift_dev, zoo_third_dev, zoo_text_dev');
});

test("predict_only's bypass is never a score", () => {
  const json = changed((file) => (file.results['zoo_shift_dev']!['bypass,none'] = 999));
  expect(failureOf(json, { ...shift, metric: 'bypass,none' }).failureClass).toBe('bad_score');
});

test('a direction that lm-eval contradicts is a fault of the sweep file', () => {
  const error = failureOf(recorded, { ...shift, direction: 'minimize' });
  expect(error.failureClass).toBe('configuration');
  expect(error.message).toContain('set direction: maximize');
});

test.each([0, 4, 6, '5', undefined, null])(
  '%s documents instead of five are refused',
  (effective) => {
    const json = changed((file) => {
      if (effective === undefined) delete file['n-samples']['zoo_shift_dev'];
      else file['n-samples']['zoo_shift_dev'] = { original: 200, effective };
    });
    expect(failureOf(json, shift).failureClass).toBe('truncated_results');
  },
);

test('without a limit all documents must be there', () => {
  const { limit: _, ...unlimited } = shift;
  expect(failureOf(recorded, unlimited).failureClass).toBe('truncated_results');
  const json = changed((f) => (f['n-samples']['zoo_shift_dev'] = { original: 5, effective: 5 }));
  expect(parseResults(json, callOf(unlimited)).scores[0]?.documents).toBe(5);
});

test("a limit above the task's size means all of it", () => {
  const json = changed((f) => (f['n-samples']['zoo_shift_dev'] = { original: 3, effective: 3 }));
  expect(parseResults(json, callOf(shift)).scores[0]?.documents).toBe(3);
});

test('a group counts the documents of its subtasks, nested ones too', () => {
  const json = changed((file) => {
    file.results['zoo'] = { 'acc,none': 0.5 };
    file.group_subtasks = { zoo: ['inner', 'zoo_third_dev'], inner: ['zoo_shift_dev'] };
  });
  const parsed = parseResults(json, callOf({ ...third, name: 'zoo' }));
  expect(parsed.scores[0]?.documents).toBe(10);
  expect(parsed.subtasks['zoo']).toEqual(['zoo_shift_dev', 'zoo_third_dev']);
});

test('a group without an aggregate says to name its subtasks', () => {
  const json = changed((file) => (file.results['zoo'] = { alias: 'zoo' }));
  expect(failureOf(json, { ...third, name: 'zoo' }).message).toContain('name its subtasks');
});
