/** Merge parameters against the method's traits: mergekit itself ignores what it does not know. */
import type { MergeMethod, ParameterTrait } from '../merge/methods.js';
import { formatPath, type Problem } from './diagnostic.js';
import { switchNames, type Draft, type DraftParameter } from './draft.js';
import { suggest } from './suggest.js';

export function checkParameters(draft: Draft, method: MergeMethod): Problem[] {
  return [
    ...checkSearched(draft, method),
    ...checkEach(draft.parameters, method, false),
    ...draft.parents.flatMap((parent) => checkEach(parent.parameters, method, true)),
  ];
}

/** More than any method has: thousands would each be compared. */
const mostParameters = 100;

function checkEach(
  parameters: readonly DraftParameter[],
  method: MergeMethod,
  ofParent: boolean,
): Problem[] {
  const [first] = parameters;
  if (first === undefined || parameters.length <= mostParameters)
    return parameters.flatMap((parameter) => checkParameter(parameter, method, ofParent));
  const path = first.path.slice(0, -1);
  const message = `${formatPath(path)} has ${parameters.length} entries; expected at most ${mostParameters}`;
  return [{ path, at: 'key', code: 'E015', message }];
}

/** Something must be left to search: a range of some width, written or the method's default. */
function checkSearched(draft: Draft, method: MergeMethod): Problem[] {
  const isSearched = ([name, trait]: [string, ParameterTrait]): boolean => {
    const shared = draft.parameters.find((parameter) => parameter.name === name)?.value;
    const settings =
      trait.scope === 'method'
        ? [shared]
        : draft.parents.map(
            (parent) =>
              parent.parameters.find((parameter) => parameter.name === name)?.value ?? shared,
          );
    return settings
      .map((setting) => setting ?? trait.defaultRange ?? trait.required)
      .some((setting) => typeof setting === 'object' && setting.min !== setting.max);
  };
  if (draft.parents.length === 0 || Object.entries(method.parameters).some(isSearched)) return [];
  return [
    {
      path: ['genome', 'parameters'],
      at: 'key',
      code: 'E032',
      message: 'every parameter is fixed: there is nothing to search',
      fix: 'give one a range, e.g. `weight: {min: 0, max: 1}`',
    },
  ];
}

function checkParameter(
  parameter: DraftParameter,
  method: MergeMethod,
  ofParent: boolean,
): Problem[] {
  const { name, path, value } = parameter;
  const trait = Object.hasOwn(method.parameters, name) ? method.parameters[name] : undefined;
  if (trait === undefined) return [unknownParameter(parameter, method)];
  if (ofParent && trait.scope === 'method')
    return [
      {
        path,
        at: 'key',
        code: 'E021',
        message: `parameter \`${name}\` of ${method.name} is one for the whole merge, not for one parent`,
        fix: 'move it to genome.parameters',
      },
    ];
  if (typeof value === 'number') return checkBound(name, path, value, trait, method);
  const problems: Problem[] = [];
  if (value.min !== undefined)
    problems.push(...checkBound(name, [...path, 'min'], value.min, trait, method));
  if (value.max !== undefined)
    problems.push(...checkBound(name, [...path, 'max'], value.max, trait, method));
  if (value.min !== undefined && value.max !== undefined && value.min > value.max)
    problems.push({
      path: [...path, 'min'],
      code: 'E030',
      message: `${formatPath(path)}: min ${value.min} is above max ${value.max}`,
    });
  return problems;
}

function unknownParameter({ name, path }: DraftParameter, method: MergeMethod): Problem {
  const message = `${method.name} has no parameter \`${name}\``;
  if ((switchNames as readonly string[]).includes(name))
    return {
      path,
      at: 'key',
      code: 'E021',
      message,
      fix: `\`${name}\` is a switch: write it under genome`,
    };
  const known = Object.keys(method.parameters);
  const nearest = suggest(name, known);
  return {
    path,
    at: 'key',
    code: 'E021',
    message: nearest === undefined ? message : `${message}; did you mean \`${nearest}\`?`,
    fix: `parameters of ${method.name}: ${known.join(', ')}`,
  };
}

function checkBound(
  name: string,
  path: Problem['path'],
  value: number,
  trait: ParameterTrait,
  method: MergeMethod,
): Problem[] {
  if (value >= trait.min && value <= trait.max) return [];
  const label = formatPath(path);
  if (isClamped(name, value, trait))
    return [
      {
        path,
        severity: 'warning',
        code: 'W105',
        message: `${label} is ${value}; taken as ${trait.max}: at density 1 mergekit draws no mask, which shifts every later one`,
      },
    ];
  if (name === 'density')
    return [
      {
        path,
        code: 'E031',
        message: `${label} is ${value}; density is a kept fraction, use ${trait.min} to 1`,
      },
    ];
  return [
    {
      path,
      code: 'E031',
      message: `${label} is ${value}; ${name} of ${method.name} takes ${trait.min} to ${trait.max}`,
    },
  ];
}

/** Densities just above the trait's bound, up to 1, mean "keep all": they are moved to the bound. */
export function isClamped(name: string, value: number, trait: ParameterTrait): boolean {
  return name === 'density' && value > trait.max && value <= 1;
}
