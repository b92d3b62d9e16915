import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { WorkFolder } from '../../src/external/work-folder.js';
import { checkFiles, describe, type Violation } from './check-results.js';
import type { CutOrder } from './coordinator-cuts.js';
import { drawPlaces, History } from './history.js';
import { parseMark } from './marks.js';
import { drawPowerCut, writeSurvivors } from './power-cut.js';
import { diskOf, marksOf, readTrace, record, type Recorder } from './record-run.js';
import { countCut, newTally, type Tally } from './tally.js';
import type { Operation } from './trace.js';

export async function recordNode(recorder: Recorder, trials: number): Promise<Operation[]> {
  const args = [join(diskOf(recorder), 'work'), marksOf(recorder), String(trials)];
  await record(recorder, 'node-child.ts', args);
  return readTrace(recorder);
}

/**
 * Cuts while a node works. Its work may be lost, and is done again; what counts as done must be whole, and
 * of the inputs that it says.
 */
export async function cutNode(
  operations: readonly Operation[],
  { cuts, random, folder, tell }: CutOrder,
): Promise<Tally> {
  const history = new History(operations);
  const tally = newTally();
  const inputsOf = listResults(operations);
  for (const [index, place] of drawPlaces(operations, cuts, random).entries()) {
    history.advance(place);
    const cut = drawPowerCut(random);
    const disk = join(folder, 'survivors');
    writeSurvivors(history.disk, cut, random, disk);
    const found = checkFiles(disk, history.promised().files);
    found.push(...(await checkWork(join(disk, 'work'), inputsOf)));
    rmSync(disk, { recursive: true });
    const where = `node ${index}: before operation ${place}, names ${cut.names}, data ${cut.data}`;
    countCut(tally, found, where, tell);
  }
  return tally;
}

/** What each `result.json` was made from. */
function listResults(operations: readonly Operation[]): ReadonlyMap<string, string> {
  const inputsOf = new Map<string, string>();
  for (const operation of operations) {
    const mark = operation.kind === 'mark' ? parseMark(operation.text) : undefined;
    if (mark?.kind === 'result') inputsOf.set(mark.result, mark.inputsHash);
  }
  return inputsOf;
}

async function checkWork(
  workRoot: string,
  inputsOf: ReadonlyMap<string, string>,
): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const key of listFolders(workRoot)) {
    const inputs = readJson(join(workRoot, key, 'inputs.json')) as
      { hash: string; inputs: unknown } | undefined;
    if (inputs === undefined) continue;
    try {
      const folder = await WorkFolder.open(workRoot, key, inputs.inputs);
      const result = readText(join(folder.path, 'result.json'));
      if (result !== undefined && inputsOf.get(result) !== inputs.hash) {
        found.push({ kind: 'file', what: `${key}/result.json is not of the inputs beside it` });
      }
      const checkpoint = await folder.readCheckpoint();
      for (const [name, sha256] of Object.entries(checkpoint?.files ?? {})) {
        const bytes = readFileSync(join(folder.checkpointDir, name));
        if (createHash('sha256').update(bytes).digest('hex') === sha256) continue;
        const what = `${key}/checkpoint counts as whole, but ${name} is not what was merged`;
        found.push({ kind: 'malformed', what });
      }
    } catch (error) {
      found.push({ kind: 'stuck', what: `${key}: ${describe(error)}` });
    }
  }
  return found;
}

function listFolders(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

function readJson(path: string): unknown {
  const text = readText(path);
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
