/** docs/cli.md, made from `--help`, so that it can't say anything else. */
import type { Command } from 'commander';

const width = 100;

/** The reference of every verb as Markdown: the program's help, then one section a verb. */
export function renderCliReference(program: Command): string {
  const verbs = program.commands.filter((command) => command.name() !== 'help');
  const sections = verbs.map(
    (verb) => `## ${program.name()} ${verb.name()}\n\n${block(captureHelp(verb))}`,
  );
  return [
    '# Command line',
    '',
    '<!-- Generated from `--help` by `npm run docs`: do not edit. -->',
    '',
    block(captureHelp(program)),
    '',
    sections.join('\n\n'),
    '',
  ].join('\n');
}

/** A command's whole help, what stands below its options included, without colour. */
export function captureHelp(command: Command): string {
  let text = '';
  const before = command.configureOutput();
  command.configureOutput({
    ...before,
    writeOut: (part) => (text += part),
    getOutHelpWidth: () => width,
    getOutHasColors: () => false,
  });
  command.outputHelp();
  command.configureOutput(before);
  return text.trim();
}

const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\``;
