/** Merges that are to be tried first: every searched number, by its name, within its range. */
import { findMergeMethod, isRange, settle, type Range } from '../merge/methods.js';
import { formatPath, type Path, type Problem } from './diagnostic.js';
import { entriesAt, type Draft, type DraftParameter } from './draft.js';
import { valueAt } from './schema-issues.js';
import { suggest } from './suggest.js';

type Settings = ReadonlyMap<string, number | Range>;

export function checkInject(draft: Draft): Problem[] {
  const path = ['optimizer', 'inject'];
  const points = valueAt(draft.root, path);
  const settings = readSettings(draft);
  if (!Array.isArray(points) || settings === undefined) return [];
  return [
    ...checkCount(draft, points.length, path),
    ...points.flatMap((_, index) => checkPoint(draft, settings, [...path, index])),
  ];
}

function checkCount({ root }: Draft, count: number, path: Path): Problem[] {
  const budget = valueAt(root, ['optimizer', 'max_trials']);
  if (typeof budget !== 'number' || count <= budget) return [];
  const message = `optimizer.inject lists ${count} merges, more than max_trials: ${budget}`;
  return [{ path, at: 'key', code: 'E033', message }];
}

function checkPoint({ root }: Draft, settings: Settings, path: Path): Problem[] {
  const label = formatPath(path);
  const values = entriesAt(root, path);
  const problems = values.flatMap(([name, value]): Problem[] => {
    const setting = settings.get(name);
    if (setting === undefined) return [unknownName(settings, name, [...path, name])];
    if (!isRange(setting)) {
      const message = `\`${name}\` is fixed to ${setting}, not searched`;
      return [{ path: [...path, name], at: 'key', code: 'E033', message, fix: 'leave it out' }];
    }
    const { min, max } = setting;
    if (typeof value !== 'number' || (value >= min && value <= max)) return [];
    const message = `${label}.${name} is ${value}; it is searched from ${min} to ${max}`;
    return [{ path: [...path, name], code: 'E034', message }];
  });
  const missing = [...settings].flatMap(([name, setting]) =>
    isRange(setting) && !values.some(([written]) => written === name)
      ? [`${name} (${setting.min} to ${setting.max})`]
      : [],
  );
  if (missing.length === 0) return problems;
  const message = `${label} lacks ${missing.join(', ')}: a merge to try first has every searched number`;
  return [...problems, { path, code: 'E033', message }];
}

function unknownName(settings: Settings, name: string, path: Path): Problem {
  const known = [...settings].flatMap(([each, setting]) => (isRange(setting) ? [each] : []));
  const nearest = suggest(name, known);
  const meant = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  return {
    ...{ path, at: 'key', code: 'E033' },
    message: `\`${name}\` is not a number that this sweep searches${meant}`,
    fix: `searched: ${known.join(', ')}`,
  };
}

/** By dimension name; undefined where the file is not yet good enough to tell. */
function readSettings(draft: Draft): Settings | undefined {
  const method = draft.method === undefined ? undefined : findMergeMethod(draft.method);
  if (method === undefined) return undefined;
  const settings = new Map<string, number | Range>();
  for (const [parameter, trait] of Object.entries(method.parameters)) {
    const places =
      trait.scope === 'method'
        ? [{ name: parameter, own: undefined }]
        : draft.parents.map(({ label, parameters }) => ({
            name: `${parameter}.${label ?? ''}`,
            own: find(parameters, parameter),
          }));
    for (const { name, own } of places) {
      const written = (own ?? find(draft.parameters, parameter))?.value;
      if (typeof written === 'object' && !isWhole(written)) return undefined;
      const setting = settle(trait, written);
      if (setting !== undefined) settings.set(name, setting);
    }
  }
  return settings;
}

function find(parameters: readonly DraftParameter[], name: string): DraftParameter | undefined {
  return parameters.find((parameter) => parameter.name === name);
}

function isWhole(range: { readonly min?: number; readonly max?: number }): range is Range {
  return range.min !== undefined && range.max !== undefined;
}
