import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * A temporary folder that is gone when this process ends, also by Ctrl-C or SIGTERM; in memory where there
 * is some: what counts is which calls are made, not the disk below.
 */
export function makeFastFolder(name: string): string {
  const parent = existsSync('/dev/shm') ? '/dev/shm' : realpathSync(tmpdir());
  const folder = mkdtempSync(join(parent, `${name}-`));
  process.on('exit', () => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      process.exit(130);
    });
  }
  return folder;
}
