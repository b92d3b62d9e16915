/** What the verbs that read the ledger share: `--results`, `--json`, opening and closing. */
import { relative, isAbsolute } from 'node:path';
import type { Command } from 'commander';
import { readConfig } from '../config.js';
import { toShellWord } from '../merge/shell-word.js';
import type { LedgerReader } from '../store/rows.js';
import type { CliDependencies } from './dependencies.js';
import type { CliIo } from './verb.js';

export interface ReadingOptions {
  readonly results?: string;
  readonly json?: boolean;
}

/** Adds `--results` and `--json`; `fields` says what the JSON holds. */
export function addReadingOptions(command: Command, fields: string): Command {
  return command
    .option('--results <dir>', 'results folder (default: $MERGESWEEP_RESULTS, else ./results)')
    .option('--json', 'print one JSON object instead; its `version` changes when a field does')
    .addHelpText('after', `\nJSON:\n${wrap(`{"version": 1, ${fields}}`)}`);
}

function wrap(text: string): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines.at(-1) ?? '';
    if (line.length + word.length > 92) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.map((line) => `  ${line}`).join('\n');
}

export const sweepArgument = 'a name, the beginning of one, or @last';
export const trialArgument = 'SWEEP#T, where T is a number (7, b2, c1), best, or a baseline';

export function resultsDirOf(options: ReadingOptions, io: CliIo): string {
  return readConfig({ results: options.results }, io.env, io.cwd).resultsDir;
}

/** ` --results DIR` where it was typed: the next command needs it too. */
export function resultsFlag({ results }: ReadingOptions): string {
  return results === undefined ? '' : ` --results ${toShellWord(results)}`;
}

/** Opens the ledger of the results folder for `work` and closes it whatever happens. */
export async function withReader<Result>(
  options: ReadingOptions,
  io: CliIo,
  dependencies: CliDependencies,
  work: (reader: LedgerReader, resultsDir: string) => Result | Promise<Result>,
): Promise<Result> {
  const resultsDir = resultsDirOf(options, io);
  const reader = await dependencies.openReader(resultsDir);
  try {
    return await work(reader, resultsDir);
  } finally {
    reader.close();
  }
}

/** One JSON object on one line, its version first. */
export function writeJson(io: CliIo, body: Readonly<Record<string, unknown>>): void {
  io.out(`${JSON.stringify({ version: 1, ...body })}\n`);
}

export function writeLines(io: CliIo, lines: readonly string[]): void {
  io.out(`${lines.join('\n')}\n`);
}

/** A path as the reader would type it: relative where it lies below the working directory. */
export function displayPath(path: string, cwd: string): string {
  const near = relative(cwd, path);
  return near === '' || near.startsWith('..') || isAbsolute(near) ? path : near;
}
