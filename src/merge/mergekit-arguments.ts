import type { MergeOptions } from '../../activities/contracts.js';
import { StageFailedError } from '../errors.js';
import { isArgumentOpen } from '../spec/argument-tables.js';
import type { MergeRecipe } from './recipe.js';

/**
 * The arguments of `mergekit-yaml`, used both to run it and in the header of `best_config.yaml`, so
 * that the command that rebuilds is the command that built.
 *
 * The model card is left out: writing it asks the Hub about every parent.
 * @param deviceClass `--cuda` is given when the sweep wants it and the node has it.
 * @throws StageFailedError `configuration` for a flag that can't be passed through.
 */
export function mergekitArguments(
  configPath: string,
  outPath: string,
  recipe: Pick<MergeRecipe, 'seed'>,
  mergeOptions: MergeOptions,
  deviceClass: string,
): string[] {
  const isOnGpu = mergeOptions.cuda && deviceClass === 'cuda';
  return [
    configPath,
    outPath,
    `--random-seed=${recipe.seed}`,
    '--lazy-unpickle',
    '--copy-tokenizer',
    '--no-write-model-card',
    ...(isOnGpu ? ['--cuda'] : []),
    ...(isOnGpu && mergeOptions.lowCpuMemory ? ['--low-cpu-memory'] : []),
    ...Object.entries(mergeOptions.args).map(([key, value]) => passedThrough(key, value)),
  ];
}

// `--key=value` in one word: a value that starts with `-` stays a value.
function passedThrough(key: string, value: string | number | boolean): string {
  const flag = key.replaceAll('_', '-');
  if (!/^[a-z][a-z0-9-]*$/.test(flag)) {
    throw refused(key, 'a flag of mergekit-yaml such as gpu_rich');
  }
  if (!isArgumentOpen('merge.args', key)) throw refused(key, 'a flag that is open to sweep files');
  if (typeof value === 'boolean') return value ? `--${flag}` : `--no-${flag}`;
  return `--${flag}=${value}`;
}

function refused(key: string, expected: string): StageFailedError {
  return new StageFailedError(
    'configuration',
    `merge.args.${key}: expected ${expected}; remove it from the sweep file.`,
  );
}
