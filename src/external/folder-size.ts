import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Bytes on disk of all below a folder, hard links once; 0 where it is not there. What is deleted
 * meanwhile does not count.
 */
export async function sizeOnDisk(
  folder: string,
  seen: Set<string> = new Set<string>(),
): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  let bytes = 0;
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      bytes += await sizeOnDisk(path, seen);
      continue;
    }
    const found = await lstat(path).catch(() => undefined);
    if (found === undefined) continue;
    const file = `${found.dev} ${found.ino}`;
    if (found.nlink > 1 && seen.has(file)) continue;
    if (found.nlink > 1) seen.add(file);
    bytes += found.blocks * 512;
  }
  return bytes;
}
