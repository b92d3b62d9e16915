import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** There is no way to run these tests here; exit code 2, never a skip that looks like a success. */
export class NoPreloadError extends Error {}

/**
 * Compiles `test/preload/<name>.c` into `folder` and returns the library's path, for LD_PRELOAD.
 *
 * @throws NoPreloadError where there is no C compiler, or the system is not Linux with glibc
 */
export function buildPreloadLibrary(name: 'record' | 'fault', folder: string): string {
  if (process.platform !== 'linux') {
    throw new NoPreloadError(
      `this test needs Linux (LD_PRELOAD and /proc), got ${process.platform}: run it in a container`,
    );
  }
  const source = fileURLToPath(new URL(`${name}.c`, import.meta.url));
  const library = join(folder, `${name}.so`);
  const compiler = process.env['CC'] ?? 'cc';
  const flags = ['-shared', '-fPIC', '-O2', '-Wall', '-o', library, source, '-ldl', '-lpthread'];
  const { error, status, stderr } = spawnSync(compiler, flags, { encoding: 'utf8' });
  if (error !== undefined || status !== 0) {
    throw new NoPreloadError(
      `this test compiles ${name}.c with a C compiler, and ${compiler} ` +
        `${error === undefined ? `failed:\n${stderr}` : `could not be run (${error.message})`}\n` +
        'Install one (apt-get install gcc), or name yours in CC',
    );
  }
  return library;
}
