/** The Python that the project's environment is made with. */
import { spawnSync } from 'node:child_process';
import { SetupError } from './setup-error.mjs';

/** Covered by requirements.lock; docs/gpu-node.md says which were run. */
const testedMinors = [10, 11, 12, 13];

/**
 * MERGESWEEP_PYTHON_BOOTSTRAP, else the first on PATH of a tested version, else any newer one.
 * @returns {{ command: string, version: string }}
 * @throws SetupError
 */
export function findPython(env, say) {
  const chosen = env.MERGESWEEP_PYTHON_BOOTSTRAP;
  if (chosen) {
    const version = readVersion(chosen);
    if (version === undefined) {
      throw new SetupError(
        `MERGESWEEP_PYTHON_BOOTSTRAP=${chosen} does not run: expected a Python >= 3.10 interpreter.`,
      );
    }
    if (minorOf(version) < testedMinors[0]) {
      throw new SetupError(
        `MERGESWEEP_PYTHON_BOOTSTRAP=${chosen} is Python ${version}: expected >= 3.10.`,
      );
    }
    return { command: chosen, version };
  }
  const names = ['python3', 'python3.12', 'python3.11', 'python3.13', 'python3.10', 'python'];
  const found = names.flatMap((command) => {
    const version = readVersion(command);
    return version === undefined ? [] : [{ command, version }];
  });
  const tested = found.find(({ version }) => testedMinors.includes(minorOf(version)));
  if (tested) return tested;
  const newer = found.find(({ version }) => minorOf(version) > testedMinors.at(-1));
  if (newer) {
    say(`  ! Python ${newer.version} is newer than what was tested (3.10 to 3.13)`);
    return newer;
  }
  const seen = found.map(({ command, version }) => `${command} is ${version}`).join(', ');
  throw new SetupError(
    `Expected Python >= 3.10 on PATH, found ${seen || 'none'}. Install one (3.11 is what CI runs), ` +
      'or name an interpreter: MERGESWEEP_PYTHON_BOOTSTRAP=/path/to/python3 npm run setup',
  );
}

const minorOf = (version) => Number(version.split('.')[1]);

function readVersion(command) {
  const { status, stdout } = spawnSync(
    command,
    ['-c', 'import platform; print(platform.python_version())'],
    {
      encoding: 'utf8',
    },
  );
  return status === 0 && /^3\.\d+/.test(stdout) ? stdout.trim() : undefined;
}
