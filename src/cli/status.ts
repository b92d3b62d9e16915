import type { Command } from 'commander';
import { resolveSweep } from '../report/resolve-reference.js';
import { readSweepFacts, type SweepFacts } from '../report/sweep-facts.js';
import { nextCommand, renderSweepStatus } from '../report/sweep-status.js';
import type { CliDependencies } from './dependencies.js';
import { addExamples } from './help-text.js';
import {
  addReadingOptions,
  displayPath,
  resultsFlag,
  sweepArgument,
  withReader,
  type ReadingOptions,
} from './reading-verb.js';
import { journalToJson, sweepToJson } from './sweep-json.js';
import type { CliIo } from './verb.js';

interface StatusOptions extends ReadingOptions {
  readonly watch?: boolean;
}

const watchIntervalMs = 2000;

/** `status`: how a sweep stands, from the ledger alone; with `--watch` until it no longer runs. */
export function registerStatus(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('status')
    .summary('say how a sweep stands')
    .description('Says how a sweep stands: trials, best, failures, optimizer, next command.')
    .argument('[sweep]', sweepArgument, '@last')
    .option('-w, --watch', 'again at every change, until the sweep no longer runs')
    .action(async (name: string, options: StatusOptions) => {
      await withReader(options, io, dependencies, async (reader) => {
        // The name once resolved: with @last another sweep may start meanwhile.
        const row = resolveSweep(reader, name);
        const read = (): SweepFacts => readSweepFacts(reader, resolveSweep(reader, row.name));
        const { goOnCommand } = await import('./go-on-command.js');
        const file = await dependencies.readFile(row.specPath);
        const goOn = goOnCommand(row, file, displayPath(row.specPath, io.cwd));
        const show = (facts: SweepFacts): string => render(facts, goOn, options, io);
        if (options.watch === true) await watch(read, show, io, dependencies, options);
        else io.out(show(read()));
      });
    });
  addReadingOptions(
    command,
    '"name", "state", "isHeld", "reason", "trials": {done, max}, "counts", "best": {trial, score, stderr, confirmScore, params, …}, "finalists": [as best, best first], "bestParent", "deltaToBestParent", "open": [trial], "failures": {class: count}, "optimizer": {name, generation, sigma, axisRatio, arms, surrogate, surrogateTau, screenedShare, converged, …}, "journal": [{at, kind, message, detail}], "next", …',
  );
  addExamples(command, [
    ['status', 'the last sweep'],
    ['status demo --watch', 'until it ends'],
    ['status @last --json | jq .best.score', 'one number'],
  ]);
}

async function watch(
  read: () => SweepFacts,
  show: (facts: SweepFacts) => string,
  io: CliIo,
  dependencies: CliDependencies,
  options: StatusOptions,
): Promise<void> {
  let shown = '';
  for (;;) {
    const facts = read();
    const text = show(facts);
    if (text !== shown) {
      // On a terminal the new state takes the old one's place; in a pipe each is a record.
      if (io.isTty && shown !== '' && options.json !== true) io.out(eraseLines(shown));
      io.out(text);
      shown = text;
    }
    if (facts.sweep.state !== 'running') return;
    await dependencies.sleep(watchIntervalMs);
  }
}

function eraseLines(text: string): string {
  return `\u001b[${text.split('\n').length - 1}A\u001b[0J`;
}

function render(facts: SweepFacts, goOn: string, options: StatusOptions, io: CliIo): string {
  const commands = { goOn, flags: resultsFlag(options) };
  if (options.json === true) {
    const body = {
      version: 1,
      ...sweepToJson(facts),
      open: facts.open.map(({ trial }) => trial),
      failures: facts.failures,
      optimizer: facts.diagnostics,
      journal: facts.journal.map(journalToJson),
      next: nextCommand(facts, commands),
    };
    return `${JSON.stringify(body)}\n`;
  }
  return `${renderSweepStatus(facts, { color: io.hasColor, ...commands }).join('\n')}\n`;
}
