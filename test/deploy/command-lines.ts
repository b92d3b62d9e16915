/** The command lines of mergesweep that recipes and pages name. */
import { parseAllDocuments } from 'yaml';

export interface CommandLine {
  readonly verb: string;
  /** As written, without values: `--gpus`. */
  readonly flags: readonly string[];
  readonly text: string;
}

/**
 * Those in a script, a unit file or a page: `mergesweep VERB …` or `mergesweep.js VERB …` up to the end of
 * the command. Only lines with a flag count: prose speaks of verbs too.
 */
export function findCommandLines(text: string): CommandLine[] {
  const joined = text.replaceAll(/\\\n(?:\s*#)?\s*/g, ' ');
  const command = /\bmergesweep(?:\.js"?)? +([a-z]+)((?: +[^\s`|;)&<>#]+)*)/g;
  return [...joined.matchAll(command)]
    .map(([all, verb = '', rest = '']) => toCommandLine([verb, ...rest.split(/ +/)], all))
    .filter(({ flags }) => flags.length > 0);
}

/**
 * Those in manifests of Kubernetes: containers whose image runs mergesweep, with `args` for the verb and its flags.
 * `command` may name a program that runs a verb of its own.
 */
export function findContainerCommands(yaml: string): CommandLine[] {
  return parseAllDocuments(yaml).flatMap((document) =>
    containersIn(document.toJS()).flatMap(({ command = [], args = [] }) => {
      if (command[0]?.endsWith('/run-and-stay') === true) return [toCommandLine(['run', ...args])];
      if (command[0] === 'mergesweep') return [toCommandLine(command.slice(1))];
      return command.length === 0 ? [toCommandLine(args)] : [];
    }),
  );
}

const toCommandLine = (words: readonly string[], text = words.join(' ')): CommandLine => ({
  verb: words[0] ?? '',
  flags: words.flatMap((word) => /^"?(--[a-z][\w-]*)/.exec(word)?.[1] ?? []),
  text,
});

interface Container {
  readonly command?: readonly string[];
  readonly args?: readonly string[];
}

function containersIn(value: unknown): Container[] {
  if (typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) return value.flatMap(containersIn);
  const isContainer = 'image' in value && 'name' in value;
  const isProbe = 'command' in value && !isContainer;
  const own = isContainer || isProbe ? [value as Container] : [];
  return [...own, ...Object.values(value).flatMap(containersIn)];
}
