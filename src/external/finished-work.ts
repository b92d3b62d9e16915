import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { RunTrialResult } from '../../activities/contracts.js';
import { listWork, type WorkOwner } from './work-folder.js';

/** A work folder with its result, and the trials that it was made for here. */
export interface FinishedWork {
  readonly workKey: string;
  readonly owners: readonly WorkOwner[];
  /** Undefined where it is gone or torn. */
  readonly readResult: () => Promise<RunTrialResult | undefined>;
}

/** Work whose result was written between `youngestMs` and `oldestMs` ago, oldest first. */
export async function listFinishedWork(
  workRoot: string,
  { youngestMs, oldestMs }: { readonly youngestMs: number; readonly oldestMs: number },
): Promise<FinishedWork[]> {
  const found: (FinishedWork & { readonly ageMs: number })[] = [];
  for (const folder of await listWork(workRoot)) {
    const path = join(folder, 'result.json');
    const ageMs = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => -1,
    );
    if (ageMs < youngestMs || ageMs > oldestMs) continue;
    const inputs = await readJson<{ owners?: WorkOwner[] }>(join(folder, 'inputs.json'));
    const owners = inputs?.owners ?? [];
    const readResult = (): Promise<RunTrialResult | undefined> => readJson<RunTrialResult>(path);
    found.push({ workKey: basename(folder), owners, ageMs, readResult });
  }
  return found.sort((a, b) => b.ageMs - a.ageMs);
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    return undefined;
  }
}
