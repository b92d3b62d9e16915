import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readTaskFile } from './task-code.js';

const codeIn = (text: string): string | undefined => readTaskFile(text, 'task.yaml').code;
const task = (line: string): string => `task: t\ndataset_path: json\n${line}\n`;

describe('task files that come with mergesweep', () => {
  const folders = ['zoo/tasks', 'sweeps/tasks'];
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.yaml'))
      .map((name) => join(folder, name)),
  );
  it.each(files)('%s is plain', (file) => {
    expect(codeIn(readFileSync(file, 'utf8'))).toBeUndefined();
  });
});

describe('plain', () => {
  it.each([
    'doc_to_text: "Question: {{question.strip()}}\\nAnswer:"',
    'doc_to_text: \'{{ choices[label] | trim | replace("a", "b") }}\'',
    "doc_to_text: '{% if context %}{{ context }}{% else %}none{% endif %}'",
    "doc_to_text: '{# a note #}{{ (a + b) * 2 }}'",
    "doc_to_target: '{{ choices.index(answer) }}'",
    "doc_to_choice: '{{ [a, b] }}'",
    'doc_to_text: Wow! Such a text.',
    'metric_list: [{ metric: acc }]',
    'generation_kwargs: { until: ["\\n"], do_sample: false }',
    'group: g',
  ])('%s', (line) => {
    expect(codeIn(task(line))).toBeUndefined();
  });
  it('names the files that it takes in', () => {
    expect(readTaskFile(task('include: _base'), 'x').includes).toEqual(['_base']);
    expect(readTaskFile(task('include: [a, ../b]'), 'x').includes).toEqual(['a', '../b']);
  });
});

describe('code', () => {
  it.each([
    'process_docs: !function utils.run',
    'doc_to_text: !<!function> utils.run',
    "doc_to_text: ! 'x'\nprocess_docs:   !function   utils.run",
    '? !function a.b',
    'doc_to_text: {a: !function utils.run}',
    'doc_to_text: [!function utils.run]',
    'x: !!python/object/apply:os.system [id]',
    'class: evil.Task',
    'process_results: x',
    'custom_dataset: x',
    'unsafe_code: true',
    'use_prompt: promptsource:x',
    'metric_list: [{ metric: ./evil }]',
    'metric_list: [{ metric: accuracy }]',
    'metric_list: [{ metric: acc, hf_evaluate: true }]',
    'generation_kwargs: { custom_generate: org/x, trust_remote_code: true }',
    'dataset_kwargs: { trust_remote_code: true }',
    'group: g\ntask_list: []\nclass: x',
    "doc_to_text: '{{ cycler.__init__.__globals__.os.popen(1) }}'",
    "doc_to_text: '{{ lipsum[a][b].popen(c).read() }}'",
    "doc_to_text: '{{ x|attr(y) }}'",
    "doc_to_text: '{{ x | map(y) }}'",
    'doc_to_text: "{{ x[\'\\\\x5f\\\\x5fclass\\\\x5f\\\\x5f\'] }}"',
    "doc_to_text: '{{ x[k](c) }}'",
    "doc_to_text: '{{ (x)(c) }}'",
    "doc_to_text: '{{ range(9) }}'",
    "doc_to_text: '{{ a.format(b) }}'",
    "doc_to_text: '{% set x = y %}'",
    'doc_to_text: \'{% import "a" as b %}\'',
    "doc_to_text: '{% for x in y.__class__ %}{% endfor %}'",
    "doc_to_text: '{{ unclosed'",
    'doc_to_text: \'{{ "}}" ~ x._y }}\'',
    "fewshot_config: { samples: ['{{ x.y() }}'] }",
    "'{{ x.y() }}': 1",
    'description: &a x\ntag: *a',
  ])('%s', (line) => {
    expect(codeIn(task(line))).toBeTypeOf('string');
  });
  it.each([
    '%TAG !e! !func\n---\ntask: t\nprocess_docs: !e!tion utils.run\n',
    'task: t\n---\ntask: u\n',
    'task: t # x\rmetric_list: [{ metric: ./evil }]\n',
    '\ttask: [',
    `task: ${'['.repeat(500)}`,
    'dataset_path: pandas\ntask: t',
    'dataset_path: ./evil.py\ntask: t',
    'group: g\ntask: [{ task: t, class: x }]',
  ])('%j', (text) => {
    expect(codeIn(text)).toBeTypeOf('string');
  });
});
