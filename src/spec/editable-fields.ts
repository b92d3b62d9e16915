/** Which fields of its file a sweep may have changed while it exists, and which make another sweep. */

/**
 * - `free`: it changes no score and no candidate.
 * - `proved`: as long as `evaluation.verify_warm` proves that it changes no score.
 * - `up`: more of it goes on with the sweep.
 * - `same`: another way to write the same place or label.
 * - `fork`: scores would not compare, or the search would be another.
 */
export type EditRule = 'free' | 'proved' | 'up' | 'same' | 'fork';

/** One row a key, as docs/sweep-file.md writes them; a key that is missing here fails a test. */
export const editableFields: Readonly<Record<string, EditRule>> = {
  version: 'fork',
  // The sweep's identity: with another one it is another sweep.
  name: 'fork',
  description: 'free',
  'genome.merge_method': 'fork',
  'genome.base_model': 'same',
  'genome.models[].model': 'same',
  'genome.models[].name': 'same',
  'genome.models[].parameters.<name>': 'fork',
  'genome.models[].parameters.<name>.min': 'fork',
  'genome.models[].parameters.<name>.max': 'fork',
  'genome.parameters.<name>': 'fork',
  'genome.parameters.<name>.min': 'fork',
  'genome.parameters.<name>.max': 'fork',
  'genome.normalize': 'fork',
  'genome.rescale': 'fork',
  'genome.int8_mask': 'fork',
  'genome.dtype': 'fork',
  'genome.out_dtype': 'fork',
  'genome.tokenizer_source': 'fork',
  'genome.chat_template': 'fork',
  'optimizer.name': 'fork',
  'optimizer.max_trials': 'up',
  'optimizer.seed': 'fork',
  'optimizer.sigma0': 'fork',
  'optimizer.population_size': 'fork',
  'optimizer.start': 'fork',
  'optimizer.surrogate': 'fork',
  'optimizer.inject[].<name>': 'fork',
  'optimizer.finalists': 'fork',
  'merge.seed': 'fork',
  'merge.cuda': 'fork',
  'merge.low_cpu_memory': 'fork',
  'merge.args.<name>': 'fork',
  'evaluation.mode': 'proved',
  'evaluation.verify_warm': 'fork',
  'evaluation.model': 'fork',
  'evaluation.model_args.<name>': 'fork',
  'evaluation.batch_size': 'fork',
  'evaluation.device': 'fork',
  'evaluation.include_path': 'same',
  'evaluation.cwd': 'same',
  'evaluation.args.<name>': 'fork',
  ...tasks('search'),
  ...tasks('confirm'),
  'fidelity.strategy': 'fork',
  'fidelity.rungs[]': 'fork',
  'fidelity.window': 'fork',
  'fidelity.seed': 'fork',
  'budget.gpu_hours': 'free',
  'budget.usd': 'free',
  'budget.wall_clock_hours': 'free',
  'budget.usd_per_gpu_hour': 'free',
  'nodes.priority': 'free',
  'nodes.weight': 'free',
  'nodes.tool_versions': 'free',
  'limits.merge_minutes': 'free',
  'limits.evaluate_minutes': 'free',
  'limits.stall_minutes': 'free',
  'limits.attempts': 'free',
  'storage.keep_models': 'free',
};

function tasks(split: string): Readonly<Record<string, EditRule>> {
  const keys = ['name', 'metric', 'weight', 'direction', 'num_fewshot', 'limit', 'for'];
  return Object.fromEntries(keys.map((key) => [`tasks.${split}[].${key}`, 'fork']));
}

/** The rule of a field; a key that nobody knows needs a fork. */
export function findEditRule(keys: readonly string[]): EditRule {
  for (const [pattern, rule] of Object.entries(editableFields)) {
    if (matches(pattern.replaceAll('[]', '.[]').split('.'), keys)) return rule;
  }
  return 'fork';
}

function matches(pattern: readonly string[], keys: readonly string[]): boolean {
  return (
    pattern.length === keys.length &&
    pattern.every((part, index) => {
      const key = keys[index] ?? '';
      return part === '<name>' || (part === '[]' ? /^\d+$/.test(key) : part === key);
    })
  );
}
