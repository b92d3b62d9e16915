/** Small files of a checkpoint, read with a cap: they come from strangers. */
import { constants, promises } from 'node:fs';
import { CheckpointError } from './safetensors-header.js';

/**
 * The text, or undefined where there is no such file.
 * @param mostBytes @default 16 MB
 * @throws CheckpointError when it is larger, or no regular file
 */
export async function readSmallFile(
  file: string,
  mostBytes = 16_000_000,
): Promise<string | undefined> {
  return (await readSmallBytes(file, mostBytes))?.toString('utf8');
}

/** As `readSmallFile`. */
export async function readSmallBytes(file: string, mostBytes: number): Promise<Buffer | undefined> {
  // O_NONBLOCK: a FIFO of that name must not hold us up.
  const handle = await promises
    .open(file, constants.O_RDONLY | constants.O_NONBLOCK)
    .catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new CheckpointError(file, `can't be read: ${(error as Error).message}`, {
        cause: error,
      });
    });
  if (handle === undefined) return undefined;
  try {
    const stat = await handle.stat();
    if (!stat.isFile()) throw new CheckpointError(file, 'expected a file');
    if (stat.size > mostBytes)
      throw new CheckpointError(file, `${stat.size} bytes; expected at most ${mostBytes}`);
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/**
 * The JSON object, or undefined where there is no such file.
 * @throws CheckpointError when it holds anything else
 */
export async function readJsonFile(
  file: string,
  mostBytes?: number,
): Promise<Record<string, unknown> | undefined> {
  const text = await readSmallFile(file, mostBytes);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new CheckpointError(file, `not JSON: ${(cause as Error).message}`, { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new CheckpointError(file, 'expected a JSON object');
  return value as Record<string, unknown>;
}
