import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { doneMarker } from './checkpoint-manifest.js';
import { listWork } from './work-folder.js';

/** A merged model in a work folder that nobody asked to keep. */
export interface IdleCheckpoint {
  readonly workKey: string;
  readonly path: string;
  /** Its work is done: `result.json` is there. */
  readonly isScored: boolean;
  /** Since the work was done, or the merge was, where it is not. */
  readonly ageMs: number;
}

/** Whole checkpoints without a `KEEP` beside them, in the order in which they may go: scored first, then by age. */
export async function listIdleCheckpoints(workRoot: string): Promise<IdleCheckpoint[]> {
  const found: IdleCheckpoint[] = [];
  const ageOf = (path: string): Promise<number | undefined> =>
    stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => undefined,
    );
  for (const folder of await listWork(workRoot)) {
    const path = join(folder, 'checkpoint');
    const merged = await ageOf(join(path, doneMarker));
    if (merged === undefined || (await ageOf(join(folder, 'KEEP'))) !== undefined) continue;
    const scored = await ageOf(join(folder, 'result.json'));
    const isScored = scored !== undefined;
    found.push({ workKey: basename(folder), path, isScored, ageMs: scored ?? merged });
  }
  return found.sort((a, b) => Number(b.isScored) - Number(a.isScored) || b.ageMs - a.ageMs);
}

/** As a release does; twice is once. */
export async function dropCheckpoint({ path }: Pick<IdleCheckpoint, 'path'>): Promise<void> {
  await rm(path, { recursive: true, force: true });
}
