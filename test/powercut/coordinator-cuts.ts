import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { checkResults } from './check-results.js';
import { drawPlaces, History } from './history.js';
import { drawPowerCut, type Random, writeSurvivors } from './power-cut.js';
import { diskOf, marksOf, readTrace, record, type Recorder } from './record-run.js';
import { countCut, newTally, type Tally } from './tally.js';
import type { Operation } from './trace.js';

/** Starts of a coordinator on one folder, one after another; trace and promises go on. */
export async function recordCoordinator(
  recorder: Recorder,
  transactions: number,
  ends: readonly ('kill' | 'close')[],
  synchronous: 'full' | 'normal' = 'full',
): Promise<Operation[]> {
  const results = join(diskOf(recorder), 'results');
  for (const end of ends) {
    const each = String(Math.ceil(transactions / ends.length));
    const args = [results, marksOf(recorder), each, end, synchronous];
    await record(recorder, 'coordinator-child.ts', args, end === 'kill' ? 'SIGKILL' : 'exit');
  }
  return readTrace(recorder);
}

export interface CutOrder {
  readonly cuts: number;
  readonly random: Random;
  /** For what the disk holds; a folder that may be made. */
  readonly folder: string;
  readonly tell: (line: string) => void;
}

/** What a cut left, kept for a second cut while it is opened. */
export interface Survivors {
  readonly path: string;
  /** Of the rows that the first opening found. */
  readonly digest: string;
}

/** @param keep so many of the disks are copied before they are opened, below `folder` */
export async function cutCoordinator(
  operations: readonly Operation[],
  { cuts, random, folder, tell }: CutOrder,
  keep = 0,
): Promise<{ readonly tally: Tally; readonly kept: Survivors[] }> {
  const history = new History(operations);
  const tally = newTally();
  const kept: Survivors[] = [];
  for (const [index, place] of drawPlaces(operations, cuts, random).entries()) {
    history.advance(place);
    const cut = drawPowerCut(random);
    const disk = join(folder, 'survivors');
    writeSurvivors(history.disk, cut, random, disk);
    const copy = join(folder, `kept-${kept.length}`);
    const isToKeep = Math.floor((index * keep) / cuts) < Math.floor(((index + 1) * keep) / cuts);
    if (isToKeep) cpSync(disk, copy, { recursive: true });
    const { found, digest } = await checkResults(disk, history.promised());
    if (isToKeep && digest !== undefined) kept.push({ path: copy, digest });
    rmSync(disk, { recursive: true });
    const where = `cut ${index}: before operation ${place}, names ${cut.names}, data ${cut.data}`;
    countCut(tally, found, where, tell);
    if ((index + 1) % 250 === 0) tell(`${index + 1} cuts`);
  }
  return { tally, kept };
}
