/**
 * Whether a task file of lm-eval is data alone. lm-eval runs what it finds in one: `!function`, classes,
 * metrics that it fetches, and its templates are Jinja without the sandbox, in which one expression
 * reaches the shell. So what is not known to be harmless counts as code.
 */
import { readYaml } from '../spec/read-yaml.js';
import { findTemplateCode } from './template-code.js';

const plainKeys = new Set([
  ...['task', 'task_alias', 'task_list', 'tag', 'group', 'group_alias', 'include', 'metadata'],
  ...['dataset_path', 'dataset_name', 'dataset_kwargs', 'version', 'description', 'repeats'],
  ...['training_split', 'validation_split', 'test_split', 'fewshot_split', 'fewshot_config'],
  ...['doc_to_text', 'doc_to_target', 'doc_to_choice', 'doc_to_image', 'doc_to_audio'],
  ...['target_delimiter', 'fewshot_delimiter', 'gen_prefix', 'num_fewshot', 'metric_list'],
  ...['output_type', 'generation_kwargs', 'filter_list', 'should_decontaminate'],
  ...['doc_to_decontamination_query', 'aggregate_metric_list', 'weight_by_size'],
]);
/** lm-eval's own: another name is fetched, as Python, from the Hub or the working directory. */
const plainMetrics = new Set([
  ...['acc', 'acc_norm', 'acc_mutual_info', 'acc_bytes', 'acc_all', 'exact_match', 'brier_score'],
  ...['perplexity', 'likelihood', 'word_perplexity', 'byte_perplexity', 'bits_per_byte', 'bypass'],
  ...['mcc', 'f1', 'bleu', 'chrf', 'chrf++', 'ter'],
]);
const plainGeneration = new Set([
  ...['until', 'max_gen_toks', 'max_new_tokens', 'max_length', 'do_sample', 'temperature'],
  ...['top_p', 'top_k', 'min_p', 'num_beams', 'repetition_penalty'],
]);
const plainDatasetArguments = new Set([
  ...['data_files', 'data_dir', 'revision', 'field', 'delimiter', 'sep', 'encoding', 'streaming'],
]);
/** Builders of `datasets` that unpickle, or fetch and run. */
const codeBuilders = /^(pandas|spark|sql|webdataset|generator|cache|eval)$/;

/** Before any parser: a tag in any form, or a directive that gives one another name. */
const tag = /(^|[\s,[\]{}:?-])![^\s=]|^%/m;
/** A line's end for PyYAML, but not for the parser here: a comment could go on. */
const loneReturn = /\r(?!\n)/;

export interface TaskFileReading {
  /** One clause: what in it is code, or can't be told from it. */
  readonly code?: string;
  /** Files that it takes in, as written. */
  readonly includes: readonly string[];
}

/** @param file for the messages of the parser */
export function readTaskFile(text: string, file: string): TaskFileReading {
  const found = tag.exec(text);
  if (found !== null) {
    const rest = text.slice(found.index + (found[1]?.length ?? 0));
    return { code: `\`${rest.split(/[\n#]/, 1)[0]?.trim().slice(0, 60) ?? ''}\``, includes: [] };
  }
  if (loneReturn.test(text)) return { code: 'a carriage return amid a line', includes: [] };
  const reading = readYaml(text, file);
  if (!reading.ok) {
    const [first] = reading.diagnostics;
    return { code: `it can't be read (${first?.message ?? 'no YAML'})`, includes: [] };
  }
  const root = record(reading.tree.root);
  const code = findInTask(root) ?? findInStrings(root);
  const includes = list(root['include']).filter((each) => typeof each === 'string');
  return { ...(code === undefined ? {} : { code }), includes };
}

function findInTask(task: Readonly<Record<string, unknown>>): string | undefined {
  const unknown = Object.keys(task).find((key) => !plainKeys.has(key));
  if (unknown !== undefined) return `\`${unknown}:\``;
  for (const entry of list(task['metric_list'])) {
    const { metric, hf_evaluate: isFetched } = record(entry);
    if (typeof metric !== 'string' || !plainMetrics.has(metric) || isFetched === true)
      return `metric \`${String(metric)}\` is fetched as Python`;
  }
  const generation = findUnknownKey(task['generation_kwargs'], plainGeneration);
  if (generation !== undefined) return `\`${generation}\` under generation_kwargs`;
  const argument = findUnknownKey(task['dataset_kwargs'], plainDatasetArguments);
  if (argument !== undefined) return `\`${argument}\` under dataset_kwargs`;
  const { dataset_path: path } = task;
  if (typeof path === 'string' && (codeBuilders.test(path) || path.endsWith('.py')))
    return `dataset_path \`${path}\``;
  return list(task['task'])
    .map((inner) => (typeof inner === 'string' ? undefined : findInTask(record(inner))))
    .find((code) => code !== undefined);
}

function findInStrings(value: unknown): string | undefined {
  if (typeof value === 'string') return findTemplateCode(value);
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const code = findTemplateCode(key) ?? findInStrings(inner);
    if (code !== undefined) return code;
  }
  return undefined;
}

const findUnknownKey = (value: unknown, known: ReadonlySet<string>): string | undefined =>
  Object.keys(record(value)).find((key) => !known.has(key));

const record = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
const list = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];
