/** Several `run`s of one folder at once: one holds it, the others attach or are refused. */
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ledgerFileName } from '../../src/store/ledger.js';
import { startProcess, untilExit, type Command } from './kept-process.js';
import { isWriting } from './our-processes.js';
import { graceMs } from './death-watch.js';
import type { Violation } from './sweep-report.js';
import type { SweepFolder } from './sweep-folder.js';

export interface RaceResult {
  /** Holds the folder; undefined where none came so far. */
  readonly winner: ChildProcess | undefined;
  readonly violations: readonly Violation[];
}

const racers = 3;
const decideWithinMs = 30_000;
/** Once there is a holder, the others have so long to find it. */
const attachWithinMs = 12_000;

export async function race(
  command: Command,
  folder: SweepFolder,
  name: string,
  onLine: (line: string) => void,
): Promise<RaceResult> {
  const ledger = join(folder.results, ledgerFileName);
  const violations: Violation[] = [];
  const runs = Array.from({ length: racers }, (_, index) => {
    const logPath = join(folder.path, `${name}-${index}.log`);
    return { logPath, child: startProcess(command, logPath, {}, onLine) };
  });
  let winner: ChildProcess | undefined;
  let deadline = Date.now() + decideWithinMs;
  while (Date.now() < deadline) {
    const writers = runs.filter(
      ({ child }) => child.pid !== undefined && isWriting(child.pid, ledger),
    );
    if (writers.length > 1)
      violations.push({
        kind: 'writers',
        text: `processes ${writers.map(({ child }) => child.pid).join(' and ')} write ${ledger}`,
      });
    if (winner === undefined && writers[0] !== undefined) deadline = Date.now() + attachWithinMs;
    winner = writers[0]?.child;
    const others = runs.filter(({ child }) => child !== winner);
    if (others.every(({ child, logPath }) => hasEnded(child) || hasAttached(logPath))) break;
    await delay(20);
  }
  const late = runs.filter(({ child }) => child !== winner && !hasEnded(child));
  for (const { child } of late) child.kill('SIGINT');
  const isInTime = await Promise.race([
    Promise.all(late.map(({ child }) => untilExit(child))).then(() => true),
    delay(graceMs, false),
  ]);
  if (!isInTime) {
    violations.push({
      kind: 'slow_end',
      text: `an attached run lives ${graceMs / 1000} s after SIGINT`,
    });
    for (const { child } of late) child.kill('SIGKILL');
  }
  return { winner, violations };
}

const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null;

const hasAttached = (logPath: string): boolean =>
  readFileSync(logPath, 'utf8').includes('runs this folder');
