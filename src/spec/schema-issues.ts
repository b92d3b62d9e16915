/** zod's issues → problems in our words. */
import type { z } from 'zod';
import { describeValue, formatPath, type Path, type Problem } from './diagnostic.js';
import { suggest } from './suggest.js';

type Issue = z.core.$ZodIssue;

/** Unions are replaced by the issues of the branch that was meant. */
export function flattenIssues(issues: readonly Issue[], prefix: Path = []): Issue[] {
  return issues.flatMap((issue) => {
    const path = [...prefix, ...(issue.path as Path)];
    if (issue.code === 'invalid_union') {
      const meant = issue.errors.filter(
        (branch) =>
          !branch.some((inner) => inner.code === 'invalid_type' && inner.path.length === 0),
      );
      if (meant.length === 1 && meant[0] !== undefined) return flattenIssues(meant[0], path);
    }
    return [{ ...issue, path: [...path] }];
  });
}

/** The value at `path`, undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part))
      return undefined;
    value = (value as Record<string | number, unknown>)[part];
  }
  return value;
}

/** What to do about a value that is wrong in a way we have seen before. */
const hints: Readonly<Record<string, string>> = {
  version: 'write `version: 1`',
  'evaluation.batch_size':
    'write an integer: `auto` is measured anew for every trial, and another batch size can give other scores',
  'genome.models': 'list at least two parents besides the base model',
  'tasks.search': 'name at least one eval task',
};

const typeWords: Readonly<Record<string, string>> = {
  number: 'a number',
  int: 'an integer',
  string: 'text',
  boolean: 'true or false',
  object: 'a mapping',
  record: 'a mapping',
  array: 'a list',
};

/** `issue` is flattened, and not about unknown keys. */
export function toProblem(issue: Issue, root: unknown): Problem {
  const path = issue.path as Path;
  const value = valueAt(root, path);
  const label = formatPath(path);
  const hint = hints[label];
  const fix = hint === undefined ? {} : { fix: hint };
  if (value === undefined && path.length > 0) {
    const parent = path.slice(0, -1);
    return {
      path: parent,
      at: 'key',
      code: 'E011',
      message: `missing key \`${String(path.at(-1))}\`${under(parent)}`,
      ...fix,
    };
  }
  const got = `${label} is ${describeValue(value)}`;
  switch (issue.code) {
    case 'invalid_type':
      return {
        path,
        code: 'E013',
        message: `${got}; expected ${typeWords[issue.expected] ?? issue.expected}`,
        ...fix,
      };
    case 'invalid_union':
      return { path, code: 'E013', message: `${got}; expected ${unionWords(issue)}`, ...fix };
    case 'invalid_value':
      return {
        path,
        code: 'E014',
        message: `${got}; ${expectedValues(issue.values, value)}`,
        ...fix,
      };
    case 'too_small':
    case 'too_big':
      return { path, code: 'E015', message: boundMessage(issue, got, label, value), ...fix };
    case 'invalid_format':
      return {
        path,
        code: 'E016',
        message: `${got}; a name starts with a letter or digit, then letters, digits, \`_\`, \`.\`, \`-\`, 96 at most`,
        ...fix,
      };
    case 'unrecognized_keys':
    case 'not_multiple_of':
    case 'invalid_key':
    case 'invalid_element':
    case 'custom':
      return { path, code: 'E013', message: `${got}; ${issue.message}`, ...fix };
  }
}

/** ` under genome`; nothing at the top of the file. */
export function under(path: Path): string {
  return path.length === 0 ? '' : ` under ${formatPath(path)}`;
}

function unionWords(issue: Extract<Issue, { code: 'invalid_union' }>): string {
  const words = issue.errors.flatMap((branch) =>
    branch.flatMap((inner) =>
      inner.code === 'invalid_type' ? (typeWords[inner.expected] ?? []) : [],
    ),
  );
  return [...new Set(words)].join(' or ');
}

function expectedValues(values: readonly unknown[], value: unknown): string {
  const words = values.map(String);
  const nearest = typeof value === 'string' ? suggest(value, words) : undefined;
  if (nearest !== undefined) return `did you mean \`${nearest}\`?`;
  return `expected ${words.map((word) => `\`${word}\``).join(', ')}`;
}

function boundMessage(
  issue: Extract<Issue, { code: 'too_small' | 'too_big' }>,
  got: string,
  label: string,
  value: unknown,
): string {
  const bound = String(issue.code === 'too_small' ? issue.minimum : issue.maximum);
  const words = issue.code === 'too_small' ? 'at least' : 'at most';
  if (Array.isArray(value))
    return `${label} has ${value.length} ${value.length === 1 ? 'entry' : 'entries'}; expected ${words} ${bound}`;
  if (typeof value === 'string')
    return value === ''
      ? `${label} is empty text`
      : `${label} is too long: ${words} ${bound} characters`;
  const strict = issue.inclusive === false;
  if (strict)
    return `${got}; expected ${issue.code === 'too_small' ? 'more' : 'less'} than ${bound}`;
  return `${got}; expected ${words} ${bound}`;
}
