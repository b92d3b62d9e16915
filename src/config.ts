/** Settings: flags > environment > defaults, read once. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from './errors.js';

/** The programs that activities and the embedded server run: names on PATH or absolute paths. */
export interface ToolCommands {
  readonly mergekitYaml: string;
  readonly lmEval: string;
  readonly python: string;
  readonly temporal: string;
}

export interface Config {
  /** Absolute. Default: `results` in the working directory; `--results`, `MERGESWEEP_RESULTS`. */
  readonly resultsDir: string;
  readonly tools: ToolCommands;
  /** GPU pool of node workers; `--pool`, `MERGESWEEP_POOL`. */
  readonly pool?: string;
  /** A node that is silent for so long counts as dead; `MERGESWEEP_HEARTBEAT_SECONDS`, 2 to 3600. Default: 30. */
  readonly heartbeatSeconds?: number;
  /** Port of the metrics, or `HOST:PORT`, as typed; `--metrics-port`, `MERGESWEEP_METRICS_PORT`. Default: none. */
  readonly metricsPort?: string;
  /** Of messages on stderr; `--log-format`, `MERGESWEEP_LOG_FORMAT`. Default: text. */
  readonly logFormat: LogFormat;
}

export const logFormats = ['text', 'json'] as const;
export type LogFormat = (typeof logFormats)[number];

/** The flags that several verbs share, as commander names them. */
export interface ConfigFlags {
  readonly results?: string | undefined;
  readonly pool?: string | undefined;
  readonly metricsPort?: string | undefined;
  readonly logFormat?: LogFormat | undefined;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings. An empty environment variable counts as not set.
 * @throws {UsageError} `heartbeat_seconds`, `log_format`
 * @param projectRoot where the Python environment `.venv` is looked for; default: this package
 */
export function readConfig(
  flags: ConfigFlags,
  env: Environment,
  cwd: string,
  projectRoot: string = findProjectRoot(),
): Config {
  const setting = (name: string): string | undefined => {
    const value = env[name]?.trim();
    return value === '' ? undefined : value;
  };
  const tool = (name: string, program: string): string =>
    setting(name) ?? findInEnvironment(projectRoot, program) ?? program;
  const pool = flags.pool ?? setting('MERGESWEEP_POOL');
  const heartbeatSeconds = readHeartbeat(setting(heartbeatSetting));
  const metricsPort = flags.metricsPort ?? setting('MERGESWEEP_METRICS_PORT');
  return {
    resultsDir: resolve(cwd, flags.results ?? setting('MERGESWEEP_RESULTS') ?? 'results'),
    tools: {
      mergekitYaml: tool('MERGESWEEP_MERGEKIT_YAML', 'mergekit-yaml'),
      lmEval: tool('MERGESWEEP_LM_EVAL', 'lm_eval'),
      python: tool('MERGESWEEP_PYTHON', 'python3'),
      temporal: tool('MERGESWEEP_TEMPORAL_CLI', 'temporal'),
    },
    ...(pool === undefined ? {} : { pool }),
    ...(heartbeatSeconds === undefined ? {} : { heartbeatSeconds }),
    ...(metricsPort === undefined ? {} : { metricsPort }),
    logFormat: flags.logFormat ?? readLogFormat(setting(logFormatSetting)),
  };
}

const logFormatSetting = 'MERGESWEEP_LOG_FORMAT';

function readLogFormat(text = 'text'): LogFormat {
  const format = logFormats.find((known) => known === text);
  if (format !== undefined) return format;
  throw new UsageError(
    'log_format',
    `${logFormatSetting}=${text}: expected ${logFormats.join(' or ')}.`,
  );
}

const heartbeatSetting = 'MERGESWEEP_HEARTBEAT_SECONDS';

function readHeartbeat(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 2 && seconds <= 3600) return seconds;
  throw new UsageError(
    'heartbeat_seconds',
    `${heartbeatSetting}=${text}: expected whole seconds from 2 to 3600.`,
  );
}

/** The folder of mergesweep's own package.json, from the sources as from `dist`. */
export function findProjectRoot(from: string = fileURLToPath(import.meta.url)): string {
  for (let folder = dirname(from); ; folder = dirname(folder)) {
    if (isOwnPackage(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return dirname(from);
  }
}

function isOwnPackage(path: string): boolean {
  if (!existsSync(path)) return false;
  const manifest: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return (
    typeof manifest === 'object' &&
    manifest !== null &&
    'name' in manifest &&
    manifest.name === 'mergesweep'
  );
}

function findInEnvironment(projectRoot: string, program: string): string | undefined {
  const path = join(projectRoot, '.venv', 'bin', program);
  return existsSync(path) ? path : undefined;
}
