import { mkdir, rm, statfs, writeFile } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import type { CheckpointManifest, MergeOptions } from '../../activities/contracts.js';
import { StageFailedError } from '../errors.js';
import { renderMergekitConfig } from '../merge/merge-config.js';
import { mergekitArguments } from '../merge/mergekit-arguments.js';
import { parseMergekitProgress } from '../merge/progress.js';
import type { MergeRecipe } from '../merge/recipe.js';
import { verifyCheckpoint } from './checkpoint-manifest.js';
import { placeCheckpoint } from './place-checkpoint.js';
import { runTool, type StageOrder } from './run-tool.js';
import { sizeOfWeights } from './weight-files.js';

export interface MergeOrder extends StageOrder {
  readonly recipe: MergeRecipe;
  readonly mergeOptions: MergeOptions;
  readonly deviceClass: string;
  /** Fresh folder of this attempt: gets `merge.yaml`, `merge.log` and the partial output. */
  readonly attemptDir: string;
  /** Where the verified model goes, with its `DONE` marker; must not exist. */
  readonly checkpointDir: string;
}

/** Free space that a merge must find, as a multiple of the base's weights. */
const freeSpaceFactor = 1.2;

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
  await requireFreeSpace({ ...order, baseModel: order.recipe.baseModel });
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

/** @throws StageFailedError `disk_full` where a merge of this base would not fit below `attemptDir` */
export async function requireFreeSpace(order: {
  readonly baseModel: string;
  readonly attemptDir: string;
}): Promise<void> {
  const { baseModel } = order;
  if (!isAbsolute(baseModel)) return;
  const weights = await sizeOfWeights(baseModel).catch(() => 0);
  const needed = Math.ceil(weights * freeSpaceFactor);
  await mkdir(order.attemptDir, { recursive: true });
  const { bavail, bsize } = await statfs(order.attemptDir);
  const free = bavail * bsize;
  if (free < needed) {
    throw new StageFailedError(
      'disk_full',
      `Expected ${formatBytes(needed)} free for the merge in ${order.attemptDir}, got ` +
        `${formatBytes(free)}: free space on the node, or move its work folder.`,
    );
  }
}

function formatBytes(bytes: number): string {
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}
