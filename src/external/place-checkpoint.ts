import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CheckpointManifest } from '../../activities/contracts.js';
import { syncFolder, writeFileAtomic } from './atomic-file.js';
import { doneMarker } from './checkpoint-manifest.js';

/** Puts a whole model under its name, then its marker: without that one it is no checkpoint. */
export async function placeCheckpoint(
  partial: string,
  checkpointDir: string,
  manifest: CheckpointManifest,
): Promise<void> {
  await rm(checkpointDir, { recursive: true, force: true });
  await rename(partial, checkpointDir);
  await writeFileAtomic(join(checkpointDir, doneMarker), `${JSON.stringify(manifest)}\n`);
  await syncFolder(dirname(checkpointDir));
}
