/** What of a sweep's files would run as code, or could, when mergekit, transformers or lm-eval opens it. */
import { readdirSync, statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve } from 'node:path';
import { readTaskFile, type TaskFileReading } from '../preflight/task-code.js';
import { readJsonFile, readSmallFile } from './json-file.js';

const pickleName = /\.(bin|pt|pth|ckpt|pkl|pickle)$/i;
/** mergekit follows `../` out of the folder, and opens as pickle what is not called safetensors. */
export const shardName = /^[A-Za-z0-9_][\w.-]*\.safetensors$/;

/**
 * The pickle that would be opened for this model's weights, or undefined where there is none to be
 * opened. mergekit and transformers take `model.safetensors` or its index before `pytorch_model.bin`,
 * and no safetensors of another name.
 */
export async function findPickle(directory: string): Promise<string | undefined> {
  const names = await readdir(directory).catch((): string[] => []);
  // transformers puts an adapter that lies beside a model on top of it.
  const isAdapterPickled =
    names.includes('adapter_config.json') && !names.includes('adapter_model.safetensors');
  if (isAdapterPickled && names.includes('adapter_model.bin')) return 'adapter_model.bin';
  const index = 'model.safetensors.index.json';
  if (names.includes(index)) {
    const map = (await readJsonFile(join(directory, index), 64_000_000))?.['weight_map'];
    const shards: unknown[] = typeof map === 'object' && map !== null ? Object.values(map) : [];
    const other = shards.find((name) => typeof name !== 'string' || !shardName.test(name));
    return other === undefined ? undefined : `${JSON.stringify(other)} in ${index}`;
  }
  if (names.includes('model.safetensors')) return undefined;
  return (
    names.find((name) => /^pytorch_model\.bin(\.index\.json)?$/.test(name)) ??
    (names.some((name) => name.endsWith('.safetensors'))
      ? undefined
      : names.find((name) => pickleName.test(name) && !name.startsWith('training_args')))
  );
}

export interface TaskPlaces {
  readonly includePath?: string | undefined;
  /** lm_eval's working directory, where the sweep names one. */
  readonly cwd?: string | undefined;
  /** Names of the eval tasks. */
  readonly tasks: readonly string[];
}

/** More files than lm-eval itself has are no folder of tasks. */
const mostFiles = 20_000;

/** The first file that is code, and what of it: one clause; undefined where all are data. */
export async function findTaskCode(places: TaskPlaces): Promise<string | undefined> {
  const { includePath, cwd, tasks } = places;
  // lm_eval takes a folder of a task's name for a folder of task files.
  const folders = tasks
    .filter((task) => cwd !== undefined && isFolder(join(cwd, task)))
    .map((task) => join(cwd ?? '', task));
  if (includePath !== undefined) folders.push(includePath);
  const queue = folders.flatMap(listTaskFiles);
  const seen = new Set<string>();
  for (let file = queue.pop(); file !== undefined; file = queue.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    if (seen.size > mostFiles)
      return `more than ${mostFiles} task files below ${folders.join(', ')}`;
    const { code, includes } = await readTask(file);
    if (code !== undefined) return `${file}: ${code}`;
    for (const each of includes) queue.push(isAbsolute(each) ? each : resolve(dirname(file), each));
  }
  return undefined;
}

/** Files that were read before, while nothing of them changes: they are looked at for every trial. */
const known = new Map<string, { readonly stamp: string; readonly reading: TaskFileReading }>();

async function readTask(file: string): Promise<TaskFileReading> {
  const found = statOf(file);
  // Absent: lm-eval fails of it, too.
  if (found === undefined) return { includes: [] };
  const stamp = [found.ino, found.size, found.mtimeMs, found.ctimeMs].join(' ');
  const before = known.get(file);
  if (before?.stamp === stamp) return before.reading;
  const text = await readSmallFile(file, 256 * 1024).catch(() => undefined);
  const reading =
    text === undefined ? { code: "it can't be read", includes: [] } : readTaskFile(text, file);
  known.set(file, { stamp, reading });
  return reading;
}

/** As lm-eval finds them: every `*.yaml` below, whatever it links to. */
function listTaskFiles(folder: string): string[] {
  if (!isFolder(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(({ name }) => basename(name).endsWith('.yaml'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .filter((path) => !isFolder(path))
    .sort();
}

const isFolder = (path: string): boolean => statOf(path)?.isDirectory() === true;
function statOf(path: string) {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    // A loop of links, or a folder that is not ours to read: nor is it the tools'.
    return undefined;
  }
}
