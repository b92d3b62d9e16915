import { parseArgs } from 'node:util';
import { everyTarget, targetNames, type TargetName } from './targets/index.js';

export const usage = `npm run fuzz -- [target…] [--cases N] [--seed N] [--seconds S] [--hang-ms MS]
npm run fuzz -- --replay target:seed:index

targets    ${targetNames.join(', ')} (default: all of these), planted (proves that failures are seen)
--cases    of each target, default 5000; \`cuts\` always runs all it has
--seed     default: random; the same seed runs the same cases
--seconds  a target ends after so long, however many cases are left
--hang-ms  CPU time of one case that counts as a hang, default 200: for a machine that does nothing else
--replay   runs one case again and tells where it was written to
`;

export interface FuzzFlags {
  readonly targets: readonly TargetName[];
  readonly cases: number;
  readonly seed: number;
  readonly seconds?: number;
  readonly hangMs: number;
  readonly replay?: { readonly target: TargetName; readonly seed: number; readonly index: number };
  readonly isHelp: boolean;
}

/** @throws Error for an unknown flag or target, or a number that is none */
export function parseFuzzFlags(args: readonly string[]): FuzzFlags {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      cases: { type: 'string' },
      seed: { type: 'string' },
      seconds: { type: 'string' },
      'hang-ms': { type: 'string' },
      replay: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  const named = positionals.map(toTarget);
  // Cut files are results too.
  const targets = named.length === 0 ? targetNames : withCuts(named);
  return {
    targets,
    cases: toWhole('cases', values.cases ?? '5000', 1),
    seed: toWhole('seed', values.seed ?? String(Math.floor(Math.random() * 2 ** 31)), 0),
    ...(values.seconds !== undefined && { seconds: toWhole('seconds', values.seconds, 1) }),
    ...(values.replay !== undefined && { replay: toReplay(values.replay) }),
    hangMs: toWhole('hang-ms', values['hang-ms'] ?? '200', 1),
    isHelp: values.help === true,
  };
}

function withCuts(named: readonly TargetName[]): TargetName[] {
  return [
    ...new Set(named.flatMap((name) => (name === 'results' ? [name, 'cuts' as const] : name))),
  ];
}

function toReplay(text: string): NonNullable<FuzzFlags['replay']> {
  const [target = '', seed = '', index = '', ...rest] = text.split(':');
  if (rest.length > 0) throw new Error(`--replay ${text}: expected target:seed:index`);
  return {
    target: toTarget(target),
    seed: toWhole('replay', seed, 0),
    index: toWhole('replay', index, 0),
  };
}

function toTarget(name: string): TargetName {
  const found = everyTarget.find((target) => target === name);
  if (found === undefined)
    throw new Error(`no target ${name}; there are ${everyTarget.join(', ')}`);
  return found;
}

function toWhole(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < least)
    throw new Error(`--${flag} ${text}: expected a whole number of ${least} or more`);
  return value;
}
