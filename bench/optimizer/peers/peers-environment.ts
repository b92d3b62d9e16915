/** The peers' packages: an environment over the project's, `.setup/peers`. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { installRequirements, readVersions } from '../../bench-environment.js';

export interface PeersEnvironment {
  readonly python: string;
  /** Of the packages whose version a result may depend on. */
  readonly versions: Readonly<Record<string, string>>;
}

/** @param python the project's interpreter, whose torch, numpy and scipy serve here too */
export async function preparePeers(root: string, python: string): Promise<PeersEnvironment> {
  const venv = join(root, '.setup', 'peers');
  const own = join(venv, 'bin', 'python');
  if (!existsSync(own)) await execa(python, ['-m', 'venv', venv]);
  const [ownFolder = ''] = await sitePackagesOf(own);
  // Looked through after the environment's own packages: pip installs only what is missing.
  const projectFolders = await sitePackagesOf(python);
  writeFileSync(join(ownFolder, 'project.pth'), `${projectFolders.join('\n')}\n`);
  await installRequirements(root, own, 'requirements-peers.txt');
  const packages = ['cma', 'cmaes', 'numpy', 'optuna', 'scipy', 'torch'];
  return { python: own, versions: await readVersions(own, packages) };
}

async function sitePackagesOf(python: string): Promise<readonly string[]> {
  const code = 'import site; print("\\n".join(site.getsitepackages()))';
  const { stdout } = await execa(python, ['-c', code]);
  return stdout.split('\n');
}
