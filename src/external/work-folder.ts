import { statSync } from 'node:fs';
import { copyFile, link, mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type {
  CheckpointManifest,
  ReleaseOrder,
  RunTrialInput,
  RunTrialResult,
} from '../../activities/contracts.js';
import { StageFailedError } from '../errors.js';
import { hashJson } from '../spec/canonical-json.js';
import { writeFileAtomic } from './atomic-file.js';
import { doneMarker, hashManifest } from './checkpoint-manifest.js';
import { listFiles } from './list-files.js';
import { placeCheckpoint } from './place-checkpoint.js';

/**
 * `<workRoot>/<workKey>/`: all that a node knows of one piece of work.
 *
 *     inputs.json     what the work was made from, and for whom; other inputs make the rest worthless
 *     checkpoint/     the merged model, whole when its DONE marker is there
 *     attempt-<k>/    merge.yaml, merge.log, evaluate.log, evaluation-<n>/output/…; fresh each time
 *     result.json     written last, atomically: there means done
 *     KEEP            the checkpoint stays
 */
export class WorkFolder {
  readonly path: string;
  readonly checkpointDir: string;
  /** Of what the work was made from. */
  private readonly inputsHash: string;

  private constructor(path: string, inputsHash: string) {
    this.path = path;
    this.inputsHash = inputsHash;
    this.checkpointDir = join(path, 'checkpoint');
  }

  /**
   * Opens the folder of a piece of work and clears what can't be used: results of other inputs
   * (a parent changed on disk, another mergekit), remains of attempts that died.
   * The caller makes sure that no other attempt of it runs in this process.
   */
  static async open(
    workRoot: string,
    workKey: string,
    inputs: unknown,
    owner?: WorkOwner,
  ): Promise<WorkFolder> {
    requireWorkKey(workKey);
    const hash = hashJson(inputs);
    const folder = new WorkFolder(join(workRoot, workKey), hash);
    const inputsPath = join(folder.path, 'inputs.json');
    const known = await readJson<{ hash?: string; owners?: readonly WorkOwner[] }>(inputsPath);
    const isKnown = known?.hash === hash;
    if (!isKnown) {
      await removeAll(folder.path);
      await mkdir(folder.path, { recursive: true, mode: 0o700 });
    }
    const owners = isKnown ? (known.owners ?? []) : [];
    const isNew = owner !== undefined && !owners.some((each) => isSameOwner(each, owner));
    if (!isKnown || isNew) {
      const all = isNew ? [...owners, owner].slice(-mostOwners) : owners;
      await writeFileAtomic(
        inputsPath,
        `${JSON.stringify({ hash, inputs, owners: all }, null, 1)}\n`,
      );
    }
    await removePartialOutputs(folder.path);
    return folder;
  }

  /** The stored result, if this work is done. */
  readResult(): Promise<RunTrialResult | undefined> {
    return readJson<RunTrialResult>(join(this.path, 'result.json'));
  }

  async writeResult(result: RunTrialResult): Promise<void> {
    await writeFileAtomic(join(this.path, 'result.json'), `${JSON.stringify(result)}\n`);
  }

  /** The manifest of the checkpoint, if it is whole. */
  async readCheckpoint(): Promise<CheckpointManifest | undefined> {
    const manifest = await readJson<CheckpointManifest>(join(this.checkpointDir, doneMarker));
    if (manifest === undefined) return undefined;
    if (hashManifest(manifest.files) !== manifest.sha256) return undefined;
    let bytes = 0;
    for (const name of Object.keys(manifest.files)) {
      const found = await stat(join(this.checkpointDir, name)).catch(() => undefined);
      bytes += found?.size ?? 0;
    }
    return bytes === manifest.bytes ? manifest : undefined;
  }

  /**
   * Takes over the checkpoint of other work on this node that was made from the same inputs, by hard
   * links: either may be released without the other. Undefined where there is none to take.
   * @param attemptDir of this work; where it is put together
   */
  async adoptCheckpoint(
    workKey: string,
    attemptDir: string,
  ): Promise<CheckpointManifest | undefined> {
    requireWorkKey(workKey);
    const path = join(dirname(this.path), workKey);
    const known = await readJson<{ hash?: string }>(join(path, 'inputs.json'));
    if (known?.hash !== this.inputsHash) return undefined;
    const other = new WorkFolder(path, this.inputsHash);
    const manifest = await other.readCheckpoint();
    if (manifest === undefined) return undefined;
    const partial = join(attemptDir, 'checkpoint.partial');
    try {
      await mkdir(partial, { mode: 0o700 });
      for (const file of listFiles(other.checkpointDir)) {
        if (basename(file) !== doneMarker) await link(file, join(partial, basename(file)));
      }
      await placeCheckpoint(partial, this.checkpointDir, manifest);
    } catch {
      // Released meanwhile, or a file system without links: it can be merged.
      await removeAll(partial);
      return undefined;
    }
    return this.readCheckpoint();
  }

  /** Makes `attempt-<k>/` with the first free k from `attempt` on. */
  async createAttempt(attempt: number): Promise<{ attempt: number; path: string }> {
    for (let k = attempt; ; k += 1) {
      const path = this.attemptDir(k);
      try {
        await mkdir(path, { mode: 0o700 });
        return { attempt: k, path };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }

  /** Deletes what tools wrote in an attempt but its logs: the disk is full. */
  async dropOutputs(attempt: number): Promise<void> {
    const path = this.attemptDir(attempt);
    for (const entry of await readdir(path).catch((): string[] => [])) {
      if (!/\.(log|yaml)$/.test(entry)) await removeAll(join(path, entry));
    }
  }

  attemptDir(attempt: number): string {
    return join(this.path, `attempt-${attempt}`);
  }
}

/** A trial that work is done for: what comes of it, its sweep wants to hear. */
export type WorkOwner = Pick<RunTrialInput, 'ledgerId' | 'sweep' | 'trial'>;

/** Trials of equal work share a folder; nobody waits for the first of so many. */
const mostOwners = 100;

const isSameOwner = (a: WorkOwner, b: WorkOwner): boolean =>
  a.ledgerId === b.ledgerId && a.sweep === b.sweep && a.trial === b.trial;

/**
 * Drops or keeps the checkpoint of a work folder; one that isn't there is done already. What was
 * scored, its logs and `result.json` stay.
 */
export async function releaseWorkFolder(
  workRoot: string,
  order: Pick<ReleaseOrder, 'workKey' | 'keep'>,
): Promise<void> {
  requireWorkKey(order.workKey);
  const path = join(workRoot, order.workKey);
  if ((await stat(path).catch(() => undefined)) === undefined) return;
  if (order.keep) {
    await writeFileAtomic(join(path, 'KEEP'), '');
    return;
  }
  await rm(join(path, 'KEEP'), { force: true });
  await removeAll(join(path, 'checkpoint'));
}

/** So long a checkpoint waits for its release: orders can be lost with Temporal, or with a node. */
export const releaseWithinMs = 3_600_000;

/**
 * Before a node takes any work: drops what attempts left half-made that died with a former worker,
 * and old checkpoints, evaluated or not, that nobody asked to keep.
 */
export async function clearFormerWork(workRoot: string): Promise<void> {
  for (const path of await listWork(workRoot)) {
    await removePartialOutputs(path);
    await dropOld(path, join(path, 'checkpoint', doneMarker));
  }
}

/** While a node works: drops checkpoints of work that was finished long ago. */
export async function dropUnreleased(workRoot: string): Promise<void> {
  for (const path of await listWork(workRoot)) await dropOld(path, join(path, 'result.json'));
}

/** Drops the checkpoint unless it is to be kept, or `marker` is young or absent. */
async function dropOld(path: string, marker: string): Promise<void> {
  const found = await stat(marker).catch(() => undefined);
  if (found === undefined || Date.now() - found.mtimeMs < releaseWithinMs) return;
  const isKept = (await readdir(path)).includes('KEEP');
  if (!isKept) await removeAll(join(path, 'checkpoint'));
}

/** The work folders below a root: other folders may lie there too. */
export async function listWork(workRoot: string): Promise<string[]> {
  const keys = await readdir(workRoot).catch((): string[] => []);
  const paths = keys.map((key) => join(workRoot, key));
  const isWork = await Promise.all(
    paths.map((path) =>
      stat(join(path, 'inputs.json')).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => isWork[index]);
}

/** Copies what a person wants to read of an attempt into the sweep's results folder, flat. */
export async function publishAttempt(attemptDir: string, publishDir: string): Promise<void> {
  const files = listFiles(attemptDir).filter((path) =>
    /^(merge\.yaml|.*\.log|results_.*\.json|samples_.*\.jsonl)$/.test(basename(path)),
  );
  await mkdir(publishDir, { recursive: true });
  for (const path of files) await copyFile(path, join(publishDir, basename(path)));
}

/** What a result depends on besides its work key. */
export interface WorkInputs {
  /** Size and time of change of every file of local models and eval tasks, by path. */
  readonly files: Readonly<Record<string, string>>;
  readonly versions: Readonly<Record<string, string>>;
  readonly deviceClass: string;
}

/**
 * What a result depends on besides its work key: the bytes of local parents and task files (by size
 * and time of change), and the versions of the tools.
 */
export function readInputs(
  input: RunTrialInput,
  versions: Readonly<Record<string, string>>,
  deviceClass: string,
): WorkInputs {
  const { subject, evaluation, evaluator } = input;
  const models =
    subject.kind === 'model'
      ? [subject.model]
      : [subject.recipe.baseModel, ...subject.recipe.models.map((model) => model.model)];
  return {
    files: readFileStates([...models, ...(evaluator?.models ?? []), evaluation.includePath]),
    versions,
    deviceClass,
  };
}

/** Size and time of change of every file below the folders that are absolute paths, by path. */
function readFileStates(paths: readonly (string | undefined)[]): Readonly<Record<string, string>> {
  const folders = paths.filter((path): path is string => path !== undefined && isAbsolute(path));
  const files: Record<string, string> = {};
  for (const folder of new Set(folders)) {
    for (const path of listFiles(folder)) {
      if (path.includes('__pycache__')) continue;
      const { size, mtimeMs } = statSync(path);
      files[path] = `${size} ${mtimeMs}`;
    }
  }
  return files;
}

// A key becomes a path below the work root, and comes over the network.
function requireWorkKey(workKey: string): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(workKey)) {
    throw new StageFailedError(
      'configuration',
      `Expected a work key of letters, digits, - and _, got ${JSON.stringify(workKey)}.`,
    );
  }
}

async function removePartialOutputs(path: string): Promise<void> {
  for (const entry of await readdir(path)) {
    if (entry.endsWith('.tmp')) await rm(join(path, entry), { force: true });
    if (!entry.startsWith('attempt-')) continue;
    await removeAll(join(path, entry, 'checkpoint.partial'));
  }
}

async function removeAll(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true });
}

async function readJson<T>(path: string): Promise<T | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T;
  } catch {
    // Absent or torn: the work is done again.
    return undefined;
  }
}
