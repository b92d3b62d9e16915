/** mergekit-evolve and what it needs: an environment over the project's, `.setup/bench/evolve-venv`. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { installRequirements } from '../bench-environment.js';

export interface EvolveEnvironment {
  readonly python: string;
  /** Holds the patched copy of mergekit; first on PYTHONPATH, it is taken before the installed one. */
  readonly patched: string;
}

/** @param python the project's interpreter, whose packages serve wherever their version fits */
export async function prepareEvolve(root: string, python: string): Promise<EvolveEnvironment> {
  const venv = join(root, '.setup', 'bench', 'evolve-venv');
  const own = join(venv, 'bin', 'python');
  if (!existsSync(own)) await execa(python, ['-m', 'venv', venv]);
  const [ownFolder = ''] = await readSitePackages(own);
  // Looked through after the environment's own packages: pip installs only what is missing.
  const projectFolders = await readSitePackages(python);
  writeFileSync(join(ownFolder, 'project.pth'), `${projectFolders.join('\n')}\n`);
  await installRequirements(root, own, 'requirements-evolve.txt');
  const patched = join(venv, 'patched');
  await execa(own, [join(root, 'bench', 'evolve', 'patch.py'), patched]);
  return { python: own, patched };
}

async function readSitePackages(python: string): Promise<readonly string[]> {
  const code = 'import json, site; print(json.dumps(site.getsitepackages()))';
  const { stdout } = await execa(python, ['-c', code]);
  return JSON.parse(stdout) as string[];
}
