import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { CheckpointManifest } from '../../activities/contracts.js';
import { syncPath, writeFileAtomic } from './atomic-file.js';
import { doneMarker } from './checkpoint-manifest.js';
import { listFiles } from './list-files.js';

/**
 * Puts a whole model under its name, then its marker: without that one it is no checkpoint. Its bytes reach
 * the disk before the marker does: after a power cut the files could have their lengths alone.
 */
export async function placeCheckpoint(
  partial: string,
  checkpointDir: string,
  manifest: CheckpointManifest,
): Promise<void> {
  for (const file of listFiles(partial)) await syncPath(file);
  await rm(checkpointDir, { recursive: true, force: true });
  await rename(partial, checkpointDir);
  await writeFileAtomic(join(checkpointDir, doneMarker), `${JSON.stringify(manifest)}\n`);
  await syncPath(dirname(checkpointDir));
}
