/** Eval tasks: metric keys, who guards whom, and tuning on what should only judge. */
import type { Problem } from './diagnostic.js';
import type { Draft, DraftTask } from './draft.js';
import { suggest } from './suggest.js';

const metricKey = /^[^,\s]+,[^,\s]+$/;

/** Benchmarks whose tasks in lm-eval are scored on their published test split. */
const benchmarks =
  /^(gsm8k|mmlu|mmlu_pro|hellaswag|arc_(easy|challenge)|winogrande|truthfulqa|humaneval|mbpp|bbh|ifeval|gpqa|math|minerva_math|hendrycks_math|drop|boolq|piqa|openbookqa|commonsense_qa|agieval|triviaqa|nq_open|race|leaderboard)(_|$)/;
const otherSplit = /_(search|train|dev|val|valid|validation)$/;

export function checkTasks(draft: Draft): Problem[] {
  const labels = draft.parents.flatMap(({ label }) => label ?? []);
  const all = [...draft.search, ...draft.confirm];
  return [
    ...duplicates(draft.search, 'search'),
    ...duplicates(draft.confirm, 'confirm'),
    ...all.flatMap(checkName),
    ...all.flatMap(checkMetric),
    ...all.flatMap((task) => checkFor(task, labels)),
    ...draft.search.flatMap(checkBenchmark),
    ...checkScales(draft),
    ...checkGuards(draft),
    ...checkConfirm(draft),
  ];
}

function duplicates(tasks: readonly DraftTask[], split: string): Problem[] {
  return tasks
    .filter(
      ({ name }, index) =>
        name !== undefined && tasks.findIndex((task) => task.name === name) < index,
    )
    .map(({ name, path }) => ({
      path: [...path, 'name'],
      code: 'E040',
      message: `eval task \`${name ?? ''}\` stands twice under tasks.${split}`,
    }));
}

/** lm_eval opens what ends like this as a file of its working directory, and runs the code it names. */
export const isTaskFile = (name: string): boolean => /\.ya?ml$/i.test(name);

function checkName({ name, path }: DraftTask): Problem[] {
  if (name === undefined || !isTaskFile(name)) return [];
  return [
    {
      path: [...path, 'name'],
      code: 'E043',
      message: `eval task \`${name}\` is a file; expected the name of a task`,
      fix: 'put the file into a folder, name that under evaluation.include_path, and write the name that stands in it under `task:`',
    },
  ];
}

function checkMetric({ metric, path }: DraftTask): Problem[] {
  if (metric === undefined || metricKey.test(metric)) return [];
  const hint = /^[^,\s]+$/.test(metric)
    ? `lm-eval's key has the form \`metric,filter\`, e.g. \`${metric},none\``
    : "lm-eval's key has the form `metric,filter`, e.g. `acc,none`";
  return [{ path: [...path, 'metric'], code: 'E041', message: `metric is \`${metric}\`; ${hint}` }];
}

function checkFor(task: DraftTask, labels: readonly string[]): Problem[] {
  if (task.for === undefined || labels.includes(task.for)) return [];
  const nearest = suggest(task.for, labels);
  return [
    {
      path: [...task.path, 'for'],
      code: 'E042',
      message: `no parent is labelled \`${task.for}\`${nearest === undefined ? '' : `; did you mean \`${nearest}\`?`}`,
      fix: `parents: ${labels.join(', ')}`,
    },
  ];
}

function checkBenchmark({ name, path }: DraftTask): Problem[] {
  if (name === undefined || !benchmarks.test(name) || otherSplit.test(name)) return [];
  return [
    {
      path: [...path, 'name'],
      severity: 'warning',
      code: 'W101',
      message: `tuning on the test split of \`${name}\`: its score will no longer judge the merge`,
      fix: 'search on other documents of the benchmark (a task with `test_split: train`) and keep this one for tasks.confirm',
    },
  ];
}

/** A margin is of several units where an accuracy is of 0 to 1: it would be most of the mean. */
function checkScales({ search }: Draft): Problem[] {
  const isMargin = ({ metric }: DraftTask): boolean => metric?.startsWith('margin,') === true;
  if (search.every(isMargin)) return [];
  return search
    .filter((task) => isMargin(task) && !task.isWeighted)
    .map(({ path }) => ({
      path: [...path, 'metric'],
      severity: 'warning',
      code: 'W107',
      message:
        'margin is a difference of log-likelihoods, often above 1: beside other metrics it decides the mean',
      fix: 'give this task a small `weight:`, or every search task the metric margin',
    }));
}

function checkGuards(draft: Draft): Problem[] {
  if (draft.search.length === 0) return [];
  const labels = draft.parents.flatMap(({ label }) => label ?? []);
  // A misspelt label is an error of its own already.
  const guarded = new Set(
    draft.search.flatMap((task) => (task.for === undefined ? [] : suggest(task.for, labels))),
  );
  return draft.parents
    .filter(({ label }) => label !== undefined && label !== '' && !guarded.has(label))
    .map(({ label, path }) => ({
      path,
      severity: 'warning',
      code: 'W102',
      message: `no search task is \`for: ${label ?? ''}\`: nothing shows whether that parent's skill survives`,
      fix: `add \`for: ${label ?? ''}\` to the task that this parent is good at`,
    }));
}

function checkConfirm(draft: Draft): Problem[] {
  if (draft.search.length > 0 && draft.confirm.length === 0)
    return [
      {
        path: ['tasks'],
        at: 'key',
        severity: 'warning',
        code: 'W103',
        message: 'no tasks.confirm: the best score is that of the documents it was tuned on',
        fix: 'name tasks with held-out documents under tasks.confirm',
      },
    ];
  return draft.confirm
    .filter(({ name }) => name !== undefined && draft.search.some((task) => task.name === name))
    .map(({ name, path }) => ({
      path: [...path, 'name'],
      severity: 'warning',
      code: 'W104',
      message: `\`${name ?? ''}\` stands under search and confirm: its confirm score is tuned on, not held out`,
    }));
}
