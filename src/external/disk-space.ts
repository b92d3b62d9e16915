import { statfs } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import { StageFailedError } from '../errors.js';
import type { MergeRecipe } from '../merge/recipe.js';
import { formatByteSize } from '../preflight/byte-size.js';
import { planMemory } from '../preflight/memory-plan.js';
import { readCheckpointFacts } from './checkpoint-files.js';
import { sizeOfWeights } from './weight-files.js';

/** Free space that a merge must find, as a multiple of its size. */
const freeSpaceFactor = 1.2;

type MergeSize = Pick<MergeRecipe, 'baseModel' | 'dtype' | 'outDtype'>;

/** Bytes that must be free to write this merge: from the headers of its base. 0 where those are not here. */
export async function spaceForMerge({ baseModel, dtype, outDtype }: MergeSize): Promise<number> {
  if (!isAbsolute(baseModel)) return 0;
  try {
    const base = await readCheckpointFacts(baseModel);
    const { checkpointBytes } = planMemory(base, [], {
      mergeDtype: dtype,
      ...(outDtype === undefined ? {} : { outDtype }),
      // These change what is held in memory, not what is written.
      ...{ method: 'linear', isOnCpu: true, isMergedOnCard: false, children: 2 },
    });
    return Math.ceil(checkpointBytes * freeSpaceFactor);
  } catch {
    // Headers that can't be read are for the merge itself to refuse.
    return Math.ceil((await sizeOfWeights(baseModel).catch(() => 0)) * freeSpaceFactor);
  }
}

/** @throws StageFailedError `disk_full` where the merge would not fit in `folder`, which must exist */
export async function requireFreeSpace(recipe: MergeSize, folder: string): Promise<void> {
  const needed = await spaceForMerge(recipe);
  const free = await freeBytesOf(folder);
  if (free >= needed) return;
  throw new StageFailedError(
    'disk_full',
    `Expected ${formatByteSize(needed)} free for the merge in ${folder}, got ` +
      `${formatByteSize(free)}: free space on the node, or move its work folder.`,
  );
}

/** A failure for want of space, which a tool or the system told, with what is needed where. */
export async function explainFullDisk(
  failure: StageFailedError,
  folder: string,
  recipe?: MergeSize,
): Promise<StageFailedError> {
  const { message, logTail } = failure;
  if (message.includes(folder)) return failure;
  const needed = recipe === undefined ? 0 : await spaceForMerge(recipe);
  const need = needed === 0 ? '' : ` The merge needs ${formatByteSize(needed)}.`;
  const free = formatByteSize(await freeBytesOf(folder).catch(() => 0));
  const where = ` Without what the attempt wrote, ${free} are free in ${folder}.`;
  return new StageFailedError('disk_full', `${message}${need}${where}`, {
    cause: failure,
    ...(logTail === undefined ? {} : { logTail }),
  });
}

/** Of its file system, for us. Rejects where there is no such folder. */
export async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}
