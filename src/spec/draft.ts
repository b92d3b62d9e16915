/**
 * The file as far as it can be understood: checks of meaning read this, so that they report
 * together with the schema's errors instead of after them.
 */
import type { Path } from './diagnostic.js';
import { lastPart } from './model-reference.js';
import { valueAt } from './schema-issues.js';

export interface DraftParameter {
  readonly name: string;
  readonly path: Path;
  readonly value: number | { readonly min?: number; readonly max?: number };
}
export interface DraftParent {
  readonly path: Path;
  readonly model?: string;
  readonly modelPath: Path;
  /** Written, or the last part of `model`. */
  readonly label?: string;
  readonly isLabelWritten: boolean;
  readonly parameters: readonly DraftParameter[];
}
export interface DraftTask {
  readonly path: Path;
  readonly name?: string;
  readonly metric?: string;
  readonly for?: string;
  /** Whether the file gives it a weight of its own. */
  readonly isWeighted: boolean;
}
export interface Draft {
  readonly method?: string;
  readonly baseModel?: string;
  readonly switches: readonly string[];
  readonly parameters: readonly DraftParameter[];
  readonly parents: readonly DraftParent[];
  readonly search: readonly DraftTask[];
  readonly confirm: readonly DraftTask[];
  readonly root: unknown;
}

export const switchNames = ['normalize', 'rescale', 'int8_mask'] as const;

/** `root` is whatever the YAML held. */
export function readDraft(root: unknown): Draft {
  const method = text(valueAt(root, ['genome', 'merge_method']));
  const baseModel = text(valueAt(root, ['genome', 'base_model']));
  return {
    ...(method === undefined ? {} : { method }),
    ...(baseModel === undefined ? {} : { baseModel }),
    switches: switchNames.filter((name) => valueAt(root, ['genome', name]) !== undefined),
    parameters: readParameters(root, ['genome', 'parameters']),
    parents: list(valueAt(root, ['genome', 'models'])).map((_, index) =>
      readParent(root, ['genome', 'models', index]),
    ),
    search: readTasks(root, 'search'),
    confirm: readTasks(root, 'confirm'),
    root,
  };
}

/** The entries of the mapping at `path`; none where there is no mapping. */
export function entriesAt(root: unknown, path: Path): [string, unknown][] {
  const value = valueAt(root, path);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value)
    : [];
}

function readParent(root: unknown, path: Path): DraftParent {
  const value = valueAt(root, path);
  const isPlain = typeof value === 'string';
  const modelPath = isPlain ? path : [...path, 'model'];
  const model = text(valueAt(root, modelPath));
  const written = isPlain ? undefined : text(valueAt(root, [...path, 'name']));
  const label = written ?? (model === undefined ? undefined : lastPart(model));
  return {
    path,
    modelPath,
    ...(model === undefined ? {} : { model }),
    ...(label === undefined ? {} : { label }),
    isLabelWritten: written !== undefined,
    parameters: isPlain ? [] : readParameters(root, [...path, 'parameters']),
  };
}

function readParameters(root: unknown, path: Path): DraftParameter[] {
  return entriesAt(root, path).flatMap(([name, value]): DraftParameter[] => {
    const own = [...path, name];
    if (typeof value === 'number') return [{ name, path: own, value }];
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return [{ name, path: own, value: {} }];
    const min = valueAt(value, ['min']);
    const max = valueAt(value, ['max']);
    return [
      {
        name,
        path: own,
        value: {
          ...(typeof min === 'number' ? { min } : {}),
          ...(typeof max === 'number' ? { max } : {}),
        },
      },
    ];
  });
}

function readTasks(root: unknown, split: 'search' | 'confirm'): DraftTask[] {
  return list(valueAt(root, ['tasks', split])).map((value, index) => {
    const name = text(valueAt(value, ['name']));
    const metric = text(valueAt(value, ['metric']));
    const guarded = text(valueAt(value, ['for']));
    return {
      path: ['tasks', split, index],
      ...(name === undefined ? {} : { name }),
      ...(metric === undefined ? {} : { metric }),
      ...(guarded === undefined ? {} : { for: guarded }),
      isWeighted: valueAt(value, ['weight']) !== undefined,
    };
  });
}

const text = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
