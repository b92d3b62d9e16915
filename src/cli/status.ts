import type { Command } from 'commander';
import type { TemporalFlags } from '../client/resolve-temporal.js';
import type { LiveSource } from '../client/sweep-nodes.js';
import { readConfig } from '../config.js';
import { liveLines, viewLive, type LiveView } from '../report/live-view.js';
import { outlookLines, outlookOf } from '../report/outlook-lines.js';
import { toPrintable } from '../report/printable.js';
import { resolveSweep } from '../report/resolve-reference.js';
import { readSweepFacts, type SweepFacts } from '../report/sweep-facts.js';
import { nextCommand, renderSweepStatus } from '../report/sweep-status.js';
import { displayWidth } from '../report/table.js';
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
import { journalToJson, liveToJson, sweepToJson } from './sweep-json.js';
import type { CliIo } from './verb.js';

interface StatusOptions extends ReadingOptions, TemporalFlags {
  readonly watch?: boolean;
  readonly pool?: string;
}

const watchIntervalMs = 2000;

/** What there is to show at one time. */
interface Standing {
  readonly facts: SweepFacts;
  readonly live: LiveView;
  readonly atMs: number;
}

/**
 * `status`: how a sweep stands, from the ledger, and what its nodes do now, where they can be asked; with
 * `--watch` until it no longer runs.
 */
export function registerStatus(program: Command, io: CliIo, dependencies: CliDependencies): void {
  const command = program
    .command('status')
    .summary('say how a sweep stands')
    .description(
      'Says how a sweep stands: trials, best, failures, optimizer, next command; and while it runs: nodes,\n' +
        'slots, what each trial in flight does, and for which share of their time slots were idle.',
    )
    .argument('[sweep]', sweepArgument, '@last')
    .option('-w, --watch', 'again at every change, until the sweep no longer runs')
    .option('--pool <name>', 'GPU pool of the nodes; default: that of the process that runs it')
    .option('--address <host:port>', 'Temporal server of the process that runs the folder')
    .option('--profile <name>', "profile of Temporal's own configuration file")
    .option('--insecure-plaintext', 'allow a remote Temporal server without TLS')
    .action(async (name: string, options: StatusOptions) => {
      await showStatus(name, options, io, dependencies);
    });
  addReadingOptions(
    command,
    '"name", "state", "isHeld", "reason", "trials": {done, max}, "counts", "best": {trial, score, stderr, confirmScore, params, …}, "finalists": [as best, best first], "bestParent", "deltaToBestParent", "open": [trial], "isLive": whether the nodes could be asked, "notLiveReason", "nodes": [{id, state, slots, busy, gpus, idleShare, reason, refuses, lastSeenSeconds}], "running": [{trial, node, slot, stage, percent, activity, seconds}], "idleShare", "cost": {gpuHours, usd, capGpuHours, capUsd, projectedGpuHours, projectedUsd}, "eta": {seconds, plusMinus, at, source}, "staleness": {mean, max, trials, prefetched, prefetchShare}, "searchEnded", "failures": {class: count}, "optimizer": {name, generation, sigma, axisRatio, arms, surrogate, surrogateTau, screenedShare, converged, …}, "journal": [{at, kind, message, detail}], "next", …',
  );
  command.addHelpText(
    'after',
    `
Idle share: of the time of slots, from the first evaluation on each, the part without one. A failed
attempt counts as idle; what runs now counts once it has ended; a minute or more in which nothing of
the sweep ran anywhere does not count (docs/operating.md).`,
  );
  addExamples(command, [
    ['status', 'the last sweep'],
    ['status demo --watch', 'until it ends'],
    ['status @last --json | jq .best.score', 'one number'],
  ]);
}

async function showStatus(
  name: string,
  options: StatusOptions,
  io: CliIo,
  dependencies: CliDependencies,
): Promise<void> {
  await withReader(options, io, dependencies, async (reader, resultsDir) => {
    // The name once resolved: with @last another sweep may start meanwhile.
    const row = resolveSweep(reader, name);
    const { goOnCommand } = await import('./go-on-command.js');
    const file = await dependencies.readFile(row.specPath);
    const goOn = goOnCommand(row, file, displayPath(row.specPath, io.cwd));
    const { pool } = readConfig({ pool: options.pool }, io.env, io.cwd);
    const { ledgerId } = reader;
    const source = await dependencies.openLive({
      ...{ resultsDir, ledgerId, pool, flags: options, env: io.env },
    });
    const read = async (): Promise<Standing> => {
      const facts = readSweepFacts(reader, resolveSweep(reader, row.name));
      return { facts, live: await lookLive(source, facts), atMs: Date.now() };
    };
    const show = (standing: Standing): string => render(standing, goOn, options, io);
    try {
      if (options.watch === true) await watch(read, show, io, dependencies, options);
      else io.out(show(await read()));
    } finally {
      await source.close();
    }
  });
}

async function lookLive(source: LiveSource, { sweep, open, trials }: SweepFacts) {
  const live =
    sweep.state === 'running'
      ? await source.look(sweep.name, open)
      : { unreached: `the sweep is ${sweep.state}` };
  return viewLive(trials, live, Date.now());
}

async function watch(
  read: () => Promise<Standing>,
  show: (standing: Standing) => string,
  io: CliIo,
  dependencies: CliDependencies,
  options: StatusOptions,
): Promise<void> {
  let [shown, key] = ['', ''];
  const isRedrawn = io.isTty && options.json !== true;
  for (;;) {
    const standing = await read();
    const text = show(standing);
    // On a terminal the new state takes the old one's place; in a pipe each is a record, and seconds
    // and percentages that go by are none.
    const now = isRedrawn ? text : show(withoutPassing(standing));
    if (now !== key) {
      if (isRedrawn && shown !== '') io.out(eraseLines(shown, io.columns));
      io.out(text);
      [shown, key] = [text, now];
    }
    if (standing.facts.sweep.state !== 'running') return;
    await dependencies.sleep(watchIntervalMs);
  }
}

function withoutPassing({ facts, live }: Standing): Standing {
  const nodes = live.nodes.map(({ lastSeenSeconds: _, busy: __, ...node }) => ({
    ...node,
    busy: 0,
  }));
  const running = live.running.map(({ trial, stage, node, slot }) => ({
    ...{ trial, stage, percent: 0 },
    ...(node === undefined ? {} : { node }),
    ...(slot === undefined ? {} : { slot }),
  }));
  const still = { ...live, nodes, running, idle: { byNode: new Map<string, number>() } };
  return { facts, live: still, atMs: Date.parse(facts.sweep.createdAt) };
}

/** Lines that are wider than the terminal take several of its rows. */
function eraseLines(text: string, columns: number): string {
  const lines = toPrintable(text).split('\n').slice(0, -1);
  const rows = lines.map((line) => Math.max(1, Math.ceil(displayWidth(line) / columns)));
  return `\u001b[${rows.reduce((sum, count) => sum + count, 0)}A\u001b[0J`;
}

function render(
  { facts, live, atMs }: Standing,
  goOn: string,
  options: StatusOptions,
  io: CliIo,
): string {
  const commands = { goOn, flags: resultsFlag(options) };
  const outlook = outlookOf(facts.sweep, facts.trials, { atMs });
  if (options.json === true) {
    const body = {
      version: 1,
      ...sweepToJson(facts),
      open: facts.open.map(({ trial }) => trial),
      ...liveToJson(live),
      ...outlook,
      staleness: facts.staleness,
      failures: facts.failures,
      optimizer: facts.diagnostics,
      journal: facts.journal.map(journalToJson),
      next: nextCommand(facts, commands),
    };
    return `${JSON.stringify(body)}\n`;
  }
  const lines = renderSweepStatus(facts, {
    color: io.hasColor,
    ...commands,
    live: [
      ...outlookLines(outlook, facts.staleness),
      ...liveLines(live, facts.trials, facts.sweep),
    ],
  });
  return `${lines.join('\n')}\n`;
}
