import type { Command } from 'commander';
import { LedgerError } from '../errors.js';
import { formatTime } from '../report/duration-text.js';
import { formatDelta, formatScore } from '../report/number-text.js';
import { readSweepFacts, type SweepFacts } from '../report/sweep-facts.js';
import { renderTable } from '../report/table.js';
import type { CliDependencies } from './dependencies.js';
import { addExamples } from './help-text.js';
import {
  addReadingOptions,
  displayPath,
  resultsDirOf,
  withReader,
  writeJson,
  writeLines,
  type ReadingOptions,
} from './reading-verb.js';
import { sweepToJson } from './sweep-json.js';
import type { CliIo } from './verb.js';

/** `ls`: every sweep of the results folder, the newest last. */
export function registerLs(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('ls')
    .summary('list the sweeps of a results folder')
    .description('Lists the sweeps of a results folder, the newest last.')
    .action(async (options: ReadingOptions) => {
      const sweeps = await readSweeps(options, io, dependencies);
      if (options.json === true) {
        writeJson(io, { sweeps: sweeps.map(sweepToJson) });
      } else if (sweeps.length === 0) {
        const folder = displayPath(resultsDirOf(options, io), io.cwd);
        io.err(`No sweep has been run in ${folder} yet.  Next: npx mergesweep run FILE\n`);
      } else {
        writeLines(io, renderSweeps(sweeps));
      }
    });
  addReadingOptions(
    command,
    '"sweeps": [{name, state, isHeld, reason, trials: {done, max}, counts, best: {trial, score, …}, bestParent, deltaToBestParent, createdAt, finishedAt}]',
  );
  addExamples(command, [
    ['ls', 'the sweeps in ./results'],
    ['ls --results /data/sweeps --json', 'those of another folder, for a script'],
  ]);
}

async function readSweeps(options: ReadingOptions, io: CliIo, dependencies: CliDependencies) {
  try {
    return await withReader(options, io, dependencies, (reader) =>
      reader.listSweeps().map((sweep) => readSweepFacts(reader, sweep)),
    );
  } catch (error) {
    // A folder in which nothing was run has no sweeps, which is an answer.
    if (error instanceof LedgerError && error.code === 'ledger_missing') return [];
    throw error;
  }
}

function renderSweeps(sweeps: readonly SweepFacts[]): string[] {
  return renderTable(
    [
      { header: 'sweep' },
      { header: 'state' },
      { header: 'trials', align: 'right' },
      { header: 'best', align: 'right' },
      { header: 'Δ best parent', align: 'right' },
      { header: 'created (UTC)' },
    ],
    sweeps.map(({ sweep, counts, best, deltaToBestParent }) => [
      sweep.name,
      sweep.isHeld && sweep.state === 'running' ? 'held' : sweep.state,
      `${counts.search.complete + counts.search.failed}/${sweep.maxTrials}`,
      best === undefined ? '–' : `${formatScore(best.search?.fitness)} ${best.name}`,
      formatDelta(deltaToBestParent),
      formatTime(sweep.createdAt),
    ]),
  );
}
