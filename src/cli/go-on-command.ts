/** The command that goes on with a sweep. */
import { toShellWord } from '../merge/shell-word.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import type { SweepRow } from '../store/rows.js';
import { readPermissions, repeatPermissions } from './permission-flags.js';
import type { RunOptions } from './run-options.js';

/**
 * From the ledger: `mergesweep run FILE` with the flags by which the sweep differs from its file as
 * it is now. With others, or none, it would be another sweep.
 *
 * @param fileText undefined where the file is gone
 * @param shownPath the file as the reader would type it
 */
export function goOnCommand(
  sweep: SweepRow,
  fileText: string | undefined,
  shownPath: string,
): string {
  const wanted = readKnobs(sweep.specText, sweep.specPath);
  const written = fileText === undefined ? {} : readKnobs(fileText, sweep.specPath);
  const flags = Object.entries(wanted).flatMap(([flag, value]) =>
    written[flag] === value ? [] : [flag, toShellWord(String(value))],
  );
  return ['npx mergesweep run', toShellWord(shownPath), ...flags].join(' ');
}

/** The same `run` again: the flags that say which sweep and where, as they were typed. */
export function repeatCommand(file: string, options: RunOptions): string {
  const which = givenFlags([
    ['--name', options.name],
    ['--max-trials', options.maxTrials],
    ['--seed', options.seed],
  ]);
  return ['npx mergesweep run', toShellWord(file), ...which, ...whereFlags(options)].join(' ');
}

/** `resume` with the flags that say where the sweep runs, as they were typed. */
export function resumeCommand(sweep: string, options: RunOptions): string {
  return ['npx mergesweep resume', toShellWord(sweep), ...whereFlags(options)].join(' ');
}

function whereFlags(options: RunOptions): string[] {
  const given = givenFlags([
    ['--results', options.results],
    ['--slots', options.slots],
    ['--pool', options.pool],
    ['--address', options.address],
    ['--namespace', options.namespace],
    ['--profile', options.profile],
  ]);
  if (options.insecurePlaintext === true) given.push('--insecure-plaintext');
  given.push(...repeatPermissions(readPermissions(options)));
  if (!options.worker) given.push('--no-worker');
  return given;
}

function givenFlags(
  flags: readonly [flag: string, value: string | number | undefined][],
): string[] {
  return flags.flatMap(([flag, value]) =>
    value === undefined ? [] : [flag, toShellWord(String(value))],
  );
}

/** What `run` can override, by flag. */
function readKnobs(text: string, path: string): Readonly<Record<string, string | number>> {
  const parsed = parseSweepSpec(text, path);
  if (!parsed.ok) return {};
  const { name, file } = parsed.spec;
  return {
    '--name': name,
    '--max-trials': file.optimizer.max_trials,
    '--seed': file.optimizer.seed,
  };
}
