import type { Command } from 'commander';

/** Adds examples below a verb's help; each is a command without `mergesweep` and what it does. */
export function addExamples(
  command: Command,
  examples: readonly (readonly [command: string, says: string])[],
): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, says]) => `  mergesweep ${line.padEnd(width)}  ${says}`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('\n')}`);
}

/** What each exit code means, for the end of a verb's help. */
export const exitCodesText =
  '\nExit codes: 0 ok, 1 failed, 2 a flag, a name or the sweep file is wrong, 3 something needed is\n' +
  'missing, 130 interrupted.';
