/** Method, models and labels. */
import { findMergeMethod, mergeMethods, type MergeMethod } from '../merge/methods.js';
import { checkParameters } from './check-parameters.js';
import type { Problem } from './diagnostic.js';
import type { Draft, DraftParent } from './draft.js';
import { resolveModel } from './model-reference.js';
import { namePattern } from './schema.js';
import { valueAt } from './schema-issues.js';
import { suggest } from './suggest.js';

/** Labels of the baselines that every sweep has. */
export const reservedLabels: readonly string[] = ['base', 'uniform', 'ties'];

/** @param folder absolute folder of the sweep file */
export function checkGenome(draft: Draft, folder: string, home?: string): Problem[] {
  return [
    ...checkMethod(draft),
    ...checkModels(draft, folder, home),
    ...checkTokenizerSource(draft),
    ...checkLabels(draft.parents),
  ];
}

function checkMethod(draft: Draft): Problem[] {
  if (draft.method === undefined) return [];
  const method = findMergeMethod(draft.method);
  if (method === undefined) {
    const known = mergeMethods.map(({ name }) => name);
    const nearest = suggest(draft.method, known);
    const meant = nearest === undefined ? undefined : findMergeMethod(nearest);
    return [
      ...(meant === undefined ? [] : checkMethodUse(draft, meant)),
      {
        path: ['genome', 'merge_method'],
        code: 'E020',
        message: `unknown merge method \`${draft.method}\`${nearest === undefined ? '' : `; did you mean \`${nearest}\`?`}`,
        fix: `methods: ${known.join(', ')}`,
      },
    ];
  }
  return checkMethodUse(draft, method);
}

function checkMethodUse(draft: Draft, method: MergeMethod): Problem[] {
  const switches = draft.switches
    .filter((name) => !method.switches.includes(name))
    .map((name): Problem => {
      const known = method.switches.join(', ');
      return {
        path: ['genome', name],
        at: 'key',
        code: 'E022',
        message: `${method.name} has no switch \`${name}\``,
        fix: known === '' ? 'remove it' : `switches of ${method.name}: ${known}`,
      };
    });
  return [...switches, ...checkParameters(draft, method)];
}

function checkModels(draft: Draft, folder: string, home?: string): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, string>();
  const read = (written: string, path: Problem['path']): string | undefined => {
    if (written === '') return undefined; // The schema says so.
    const reference = resolveModel(written, folder, home);
    if (reference.ok) return reference.model;
    const { message, fix } = reference;
    problems.push({ path, code: 'E023', message, ...(fix === undefined ? {} : { fix }) });
    return undefined;
  };
  const base =
    draft.baseModel === undefined ? undefined : read(draft.baseModel, ['genome', 'base_model']);
  for (const parent of draft.parents) {
    const model = parent.model === undefined ? undefined : read(parent.model, parent.modelPath);
    if (model === undefined) continue;
    const path = parent.modelPath;
    if (model === base)
      problems.push({
        path,
        code: 'E026',
        message: `parent \`${parent.model ?? ''}\` is the base model: its task vector is zero`,
        fix: 'remove it from genome.models',
      });
    const earlier = seen.get(model);
    if (earlier !== undefined)
      problems.push({
        path,
        code: 'E024',
        message: `parent \`${parent.model ?? ''}\` stands twice under genome.models`,
      });
    seen.set(model, model);
  }
  return problems;
}

function checkTokenizerSource(draft: Draft): Problem[] {
  const path = ['genome', 'tokenizer_source'];
  const written = valueAt(draft.root, path);
  if (typeof written !== 'string' || written === 'base' || written === 'union') return [];
  // mergekit takes it as it stands, from another working directory.
  if (resolveModel(written, '/').ok && !/^[.~]/.test(written)) return [];
  return [
    {
      path,
      code: 'E023',
      message: `genome.tokenizer_source is \`${written}\`; expected \`base\`, \`union\`, a Hub id or an absolute path`,
    },
  ];
}

function checkLabels(parents: readonly DraftParent[]): Problem[] {
  const problems: Problem[] = [];
  const seen = new Map<string, string | undefined>();
  for (const { label, model, path, modelPath, isLabelWritten } of parents) {
    if (label === undefined || label === '') continue;
    const at = isLabelWritten ? [...path, 'name'] : modelPath;
    const name = 'give the parent another `name:`';
    if (!namePattern.test(label) && !isLabelWritten)
      problems.push({
        path: at,
        code: 'E016',
        message: `\`${label}\` (the last part of the model) can't label a parent`,
        fix: 'give the parent a `name:` of letters, digits, `_`, `.`, `-`',
      });
    else if (reservedLabels.includes(label))
      problems.push({
        path: at,
        code: 'E025',
        message: `label \`${label}\` is a baseline's`,
        fix: name,
      });
    else if (seen.has(label) && seen.get(label) !== model)
      problems.push({
        path: at,
        code: 'E025',
        message: `two parents are labelled \`${label}\``,
        fix: name,
      });
    seen.set(label, model);
  }
  return problems;
}
