/** `mergesweep recover`: builds a lost or broken ledger anew from the log beside it. */
import type { Command } from 'commander';
import { LedgerError } from '../errors.js';
import type { Recovery } from '../store/recover-ledger.js';
import { addExamples } from './help-text.js';
import {
  displayPath,
  resultsDirOf,
  resultsFlag,
  writeJson,
  writeLines,
  type ReadingOptions,
} from './reading-verb.js';
import type { CliIo } from './verb.js';

export function registerRecover(program: Command, io: CliIo): void {
  const command = program
    .command('recover')
    .summary('build a lost or broken ledger anew')
    .description(
      'Builds ledger.sqlite anew from recovery.jsonl, which has every transaction once more, and proves\n' +
        'every accepted row and every search. A broken ledger is set aside; a whole one is left alone.',
    )
    .option('--results <dir>', 'results folder (default: $MERGESWEEP_RESULTS, else ./results)')
    .option('--json', 'print one JSON object instead')
    .action(async (options: ReadingOptions) => {
      const resultsDir = resultsDirOf(options, io);
      const recovery = await recover(resultsDir);
      if (options.json === true) writeJson(io, { ...recovery });
      else writeLines(io, render(recovery, displayPath(resultsDir, io.cwd), resultsFlag(options)));
    });
  addExamples(command, [
    ['recover', 'the ledger of ./results'],
    ['recover --results /data/sweeps --json', 'for a script'],
  ]);
}

async function recover(resultsDir: string): Promise<Recovery> {
  const { acquireWriterLock, isLockHeld } = await import('../store/writer-lock.js');
  const { recoverLedger } = await import('../store/recover-ledger.js');
  const { checkSearch } = await import('../../activities/check-search.js');
  const { existsSync } = await import('node:fs');
  if (!existsSync(resultsDir))
    throw new LedgerError('recovery_missing', `${resultsDir} is not there: name it with --results`);
  const lock = acquireWriterLock(resultsDir);
  if (isLockHeld(lock)) {
    const who =
      lock.holder === undefined
        ? 'another process'
        : `process ${lock.holder.pid} on ${lock.holder.host}`;
    throw new LedgerError(
      'writer_holds',
      `${who} writes ${resultsDir}: nothing is recovered under it. End it first`,
    );
  }
  try {
    return recoverLedger(resultsDir, { checkSearch, at: new Date().toISOString() });
  } finally {
    lock.release();
  }
}

function render(recovery: Recovery, folder: string, flags: string): string[] {
  const { sweeps, transactions, lostLines, aside, links } = recovery;
  return [
    `${folder}/ledger.sqlite is built anew from ${transactions} transactions; ` +
      `all ${links} accepted rows in it are as they were accepted.`,
    ...(aside === undefined ? [] : [`The broken one is kept: ${aside}`]),
    ...sweeps.map(
      ({ name, scored, open, events, search }) =>
        `  ${name}: ${scored} scored trials, ${events} events of the optimizer${describe(search)}` +
        (open === 0
          ? ''
          : `; ${open} were under way: they run again, and a node that still has a result gives it back`),
    ),
    lostLines === 0
      ? 'Lost: at most the last transaction, where its writer died between commit and log.'
      : `Lost: the ${lostLines} transactions from the first line on that is broken; the file is kept as recovery.jsonl.broken-…`,
    ...(sweeps.length === 0 ? [] : [`Next: npx mergesweep resume SWEEP --plan${flags}`]),
  ];
}

function describe(search: Recovery['sweeps'][number]['search']): string {
  if (search === 'none') return '';
  if (search === 'same') return ', whose state comes out as it was';
  return `, whose state can't be proved here (${search.reason})`;
}
