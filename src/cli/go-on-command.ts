/** The command that goes on with a sweep, from what the ledger holds of it. */
import { toShellWord } from '../report/shell-word.js';
import { parseSweepSpec } from '../spec/parse-sweep-spec.js';
import type { SweepRow } from '../store/rows.js';

/**
 * `mergesweep run FILE` with the flags by which the sweep differs from its file as it is now: with
 * others, or none, it would be another sweep.
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
