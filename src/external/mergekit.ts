import { rm, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { CheckpointManifest, MergeOptions } from '../../activities/contracts.js';
import { renderMergekitConfig } from '../merge/merge-config.js';
import { mergekitArguments } from '../merge/mergekit-arguments.js';
import { parseMergekitProgress } from '../merge/progress.js';
import type { MergeRecipe } from '../merge/recipe.js';
import { verifyCheckpoint } from './checkpoint-manifest.js';
import { requireFreeSpace } from './disk-space.js';
import { placeCheckpoint } from './place-checkpoint.js';
import { runTool, type StageOrder } from './run-tool.js';

export interface MergeOrder extends StageOrder {
  readonly recipe: MergeRecipe;
  readonly mergeOptions: MergeOptions;
  readonly deviceClass: string;
  /** Fresh folder of this attempt: gets `merge.yaml`, `merge.log` and the partial output. */
  readonly attemptDir: string;
  /** Where the verified model goes, with its `DONE` marker; must not exist. */
  readonly checkpointDir: string;
}

/**
 * Runs mergekit-yaml and verifies what it made; exit 0 alone is not success. The output appears
 * under its name only when it is whole; a failed attempt leaves its log and no weights.
 * @throws StageFailedError with the class of the failure; the signal's reason when aborted.
 */
export async function runMerge(order: MergeOrder): Promise<CheckpointManifest> {
  const configPath = join(order.attemptDir, 'merge.yaml');
  const partial = join(order.attemptDir, 'checkpoint.partial');
  await writeFile(configPath, renderMergekitConfig(order.recipe), { mode: 0o600 });
  const args = mergekitArguments(
    configPath,
    partial,
    order.recipe,
    order.mergeOptions,
    order.deviceClass,
  );
  await requireFreeSpace(order.recipe, order.attemptDir);
  try {
    return await runTool({
      ...order,
      stage: 'merge',
      tool: 'mergekit-yaml',
      args,
      cwd: order.attemptDir,
      logPath: join(order.attemptDir, 'merge.log'),
      parseProgress: parseMergekitProgress,
      collect: () => {
        order.onProgress({ activity: 'Verifying the merged model', percent: 98 });
        return publishCheckpoint({ ...order, partial, baseModel: order.recipe.baseModel });
      },
    });
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}

/**
 * Verifies the model in `partial` and puts it, with its marker, under `checkpointDir`.
 * @throws StageFailedError as `verifyCheckpoint`
 */
export async function publishCheckpoint(order: {
  readonly partial: string;
  readonly checkpointDir: string;
  readonly baseModel: string;
  readonly signal: AbortSignal;
}): Promise<CheckpointManifest> {
  const { partial, checkpointDir, baseModel, signal } = order;
  const base = isAbsolute(baseModel) ? baseModel : undefined;
  const manifest = await verifyCheckpoint(partial, base, signal);
  await placeCheckpoint(partial, checkpointDir, manifest);
  return manifest;
}
