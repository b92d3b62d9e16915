/** Arguments passed through to mergekit and lm-eval: what is ours, what is code, what would be cut up. */
import {
  argumentTables,
  findCodeInValue,
  isArgumentOpen,
  plainArgument,
  type ArgumentGroup,
} from './argument-tables.js';
import { formatPath, type Path, type Problem } from './diagnostic.js';
import { entriesAt, type Draft } from './draft.js';
import { valueAt } from './schema-issues.js';
import { suggest } from './suggest.js';

export function checkArguments(draft: Draft): Problem[] {
  const { root } = draft;
  return [
    ...checkValue(['evaluation', 'device'], valueAt(root, ['evaluation', 'device']), false),
    ...checkValue(['genome', 'chat_template'], valueAt(root, ['genome', 'chat_template']), false),
    ...(Object.keys(argumentTables) as ArgumentGroup[]).flatMap((group) => checkGroup(root, group)),
  ];
}

/** More than either program has: thousands would each be looked up. */
const mostArguments = 100;

function checkGroup(root: unknown, group: ArgumentGroup): Problem[] {
  const path = group.split('.');
  const entries = entriesAt(root, path);
  if (entries.length > mostArguments) {
    const message = `${group} has ${entries.length} entries; expected at most ${mostArguments}`;
    return [{ path, code: 'E015', message }];
  }
  return entries.flatMap(([key, value]) => [
    ...checkKey([...path, key], key, group),
    ...checkCode([...path, key], key, value, group),
    ...checkValue([...path, key], value, group === 'evaluation.model_args'),
  ]);
}

function checkKey(path: Path, key: string, group: ArgumentGroup): Problem[] {
  const problem = (code: string, message: string): Problem => ({ path, at: 'key', code, message });
  if (!/^[A-Za-z][\w-]*$/.test(key))
    return [problem('E050', `\`${key}\` under ${group} is not the name of an argument`)];
  const { tool, owned, known } = argumentTables[group];
  const plain = plainArgument(key);
  const reason = Object.hasOwn(owned, plain) ? owned[plain] : undefined;
  if (reason !== undefined)
    return [problem('E051', `\`${key}\` is refused under ${group}: ${reason}`)];
  if (isArgumentOpen(group, key)) return [];
  const nearest = suggest(plain, known);
  const meant = nearest === undefined ? '' : `; did you mean \`${nearest}\`?`;
  return [
    {
      ...problem('E053', `${tool} has no argument \`${key}\` that mergesweep knows${meant}`),
      fix: `known: ${known.join(', ')}`,
    },
  ];
}

function checkCode(path: Path, key: string, value: unknown, group: ArgumentGroup): Problem[] {
  const reason = findCodeInValue(group, key, value);
  if (reason === undefined) return [];
  return [{ path, code: 'E051', message: `${formatPath(path)} is refused: ${reason}` }];
}

function checkValue(path: Path, value: unknown, isJoined: boolean): Problem[] {
  if (typeof value !== 'string') return [];
  const label = formatPath(path);
  if (value.startsWith('-'))
    return [
      {
        path,
        code: 'E052',
        message: `${label} starts with \`-\`: it would be read as another option`,
      },
    ];
  if (isJoined && value.includes(','))
    return [{ path, code: 'E052', message: `${label} holds \`,\`: lm-eval cuts model_args there` }];
  return [];
}
