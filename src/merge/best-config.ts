import type { MergeOptions } from '../../activities/contracts.js';
import type { TrialRow } from '../store/rows.js';
import { renderMergekitConfig } from './merge-config.js';
import { mergekitArguments } from './mergekit-arguments.js';
import type { MergeRecipe } from './recipe.js';
import { toShellWord } from './shell-word.js';

/** What the header of `best_config.yaml` says about the merge below it. */
export interface BestConfigFacts {
  readonly sweep: string;
  readonly trial: string;
  readonly mergeOptions: MergeOptions;
  /** Where it was merged, `cpu` or `cuda`: DARE's masks differ between them. */
  readonly deviceClass: string;
  readonly scores: readonly {
    readonly split: string;
    readonly task: string;
    readonly metric: string;
    readonly value: number;
    readonly stderr?: number;
  }[];
  /** How many were scored on the confirm split, of which this is the best. @default 0 */
  readonly finalists?: number;
  /** SHA-256 of the scored checkpoint's weight files: one line each. */
  readonly files?: Readonly<Record<string, string>>;
  /** e.g. `{mergekit: '0.1.5', torch: '2.13.0'}`. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** `best_config.yaml`: what mergekit-yaml takes as it is, under a comment that says how to rebuild it. */
export function renderBestConfig(recipe: MergeRecipe, facts: BestConfigFacts): string {
  const args = mergekitArguments(
    'best_config.yaml',
    'OUT',
    recipe,
    facts.mergeOptions,
    facts.deviceClass,
  );
  const { finalists = 0 } = facts;
  const versions = Object.entries(facts.versions ?? {}).map(
    ([name, version]) => `${name} ${version}`,
  );
  const lines = [
    `Best merge of the sweep ${facts.sweep}: trial ${facts.trial}, seed ${recipe.seed}, merged on ${facts.deviceClass}.`,
    ...facts.scores.map(({ split, task, metric, value, stderr }) => {
      const error = stderr === undefined ? '' : ` ± ${stderr.toFixed(4)}`;
      return `  ${split}: ${task} ${metric} ${value.toFixed(4)}${error}`;
    }),
    ...(finalists > 1
      ? [
          `Chosen among ${finalists} finalists by its mean on the confirm split, which flatters it there.`,
        ]
      : []),
    ...(versions.length === 0 ? [] : [`Made with ${versions.join(', ')}.`]),
    'Rebuild it, where OUT is a new folder:',
    `  mergekit-yaml ${args.map(toShellWord).join(' ')}`,
    ...Object.entries(facts.files ?? {}).map(([name, hash]) => `SHA-256 of ${name}: ${hash}`),
  ];
  // A line break in a name would end the comment and begin YAML.
  const header = lines.map((line) => `# ${line.replaceAll(/[\r\n\u2028\u2029\u0085]/g, ' ')}\n`);
  return header.join('') + renderMergekitConfig(recipe);
}

/**
 * The same of a trial as the ledger holds it; undefined where it is no merge.
 * @param files of the checkpoint: the trial's own, or of its confirmation where that one wrote it
 * @param finalists that were confirmed
 */
export function renderBestTrial(
  trial: TrialRow,
  scores: BestConfigFacts['scores'],
  files: BestConfigFacts['files'],
  finalists: number,
): string | undefined {
  const { subject, mergeOptions } = trial.input;
  if (subject.kind !== 'merge') return undefined;
  return renderBestConfig(subject.recipe, {
    sweep: trial.sweep,
    trial: trial.trial,
    mergeOptions,
    deviceClass: trial.deviceClass ?? 'cpu',
    scores,
    finalists,
    ...(files !== undefined && { files }),
    ...(trial.versions !== undefined && { versions: trial.versions }),
  });
}
