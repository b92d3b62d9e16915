/** What the naive script imports, apart from what mergesweep needs: `.setup/bench-venv`. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

/** @returns the interpreter of an environment with python/requirements-bench.txt in it */
export async function prepareBenchPython(root: string, python: string): Promise<string> {
  const venv = join(root, '.setup', 'bench-venv');
  const own = join(venv, 'bin', 'python');
  if (!existsSync(own)) await execa(python, ['-m', 'venv', venv]);
  await installRequirements(root, own, 'requirements-bench.txt');
  return own;
}

/** @param name of a file in python/; other packages are held to requirements.lock */
export async function installRequirements(
  root: string,
  python: string,
  name: string,
): Promise<void> {
  const requirements = join(root, 'python', name);
  const lock = join(root, 'python', 'requirements.lock');
  await execa(python, ['-m', 'pip', 'install', '--quiet', '-r', requirements, '-c', lock]);
}

/** Installed versions, by package. */
export async function readVersions(
  python: string,
  packages: readonly string[],
): Promise<Record<string, string>> {
  const code =
    'import json, platform, sys\nfrom importlib.metadata import version\n' +
    'print(json.dumps({"python": platform.python_version(), **{name: version(name) for name in sys.argv[1:]}}))';
  const { stdout } = await execa(python, ['-c', code, ...packages]);
  return JSON.parse(stdout) as Record<string, string>;
}
