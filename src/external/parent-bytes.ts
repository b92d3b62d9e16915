import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { writeFileAtomic } from './atomic-file.js';
import { hashManifest } from './checkpoint-manifest.js';
import { findInHubCache } from './hub-cache.js';
import { decidingFiles } from './model-twin.js';

/** What a base or parent is, to the byte. */
export interface ParentBytes {
  /** Over `files`. */
  readonly sha256: string;
  /** SHA-256 by name; of a model of the Hub its commit alone. */
  readonly files: Readonly<Record<string, string>>;
}

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Of the files that have to be read, 0..100. */
  readonly onProgress: (name: string, percent: number) => void;
  /** Folders of Hub models that were fetched. @default what the Hub's cache has */
  readonly snapshots?: Readonly<Record<string, string>>;
}

interface KnownFile {
  /** Size, dates and inode: another content has another one, as long as nobody forges them. */
  readonly state: string;
  readonly sha256: string;
}

const weightFile = /\.safetensors(\.index\.json)?$/;
const pickleFile = /\.(bin|pt|pth|ckpt)$/;
const chunkBytes = 4 * 1024 * 1024;

/**
 * The bytes of base and parents on this node. Every file is read once in the life of the process, and
 * again when its state has changed: what is cheap to forge is not trusted over a restart.
 */
export class ParentReader {
  /** Manifests by SHA-256: names the file that differs from one that was there once. */
  private readonly folder: string;
  private readonly env: Readonly<Record<string, string | undefined>>;
  private readonly known = new Map<string, KnownFile>();
  private readonly stored = new Set<string>();
  /** One at a time: a disk is not read faster by two, and the second finds what the first has read. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(workRoot: string, env: Readonly<Record<string, string | undefined>>) {
    this.folder = join(workRoot, 'parents');
    this.env = env;
  }

  /**
   * @param sources models by label; a local folder is absolute
   * @returns by label, without those that are not on this node
   */
  async read(
    sources: Readonly<Record<string, string>>,
    options: ReadOptions,
  ): Promise<Record<string, ParentBytes>> {
    const found: Record<string, ParentBytes> = {};
    for (const [label, model] of Object.entries(sources)) {
      const bytes = isAbsolute(model)
        ? await this.readFolder(model, options)
        : await this.readSnapshot(model, options.snapshots?.[model]);
      if (bytes !== undefined) found[label] = bytes;
    }
    return found;
  }

  /** The manifest that had this SHA-256, where this node has seen it. */
  async recall(sha256: string): Promise<ParentBytes | undefined> {
    try {
      const text = await readFile(join(this.folder, `${sha256}.json`), 'utf8');
      return JSON.parse(text) as ParentBytes;
    } catch {
      return undefined;
    }
  }

  private async readFolder(folder: string, options: ReadOptions): Promise<ParentBytes | undefined> {
    const names = listDecidingFiles(folder);
    if (names.length === 0) return undefined;
    const files: Record<string, string> = {};
    for (const name of names) files[name] = await this.hashFile(join(folder, name), options);
    return this.store(files);
  }

  private async readSnapshot(
    model: string,
    fetched: string | undefined,
  ): Promise<ParentBytes | undefined> {
    const snapshot = fetched ?? (await findInHubCache(model, this.env));
    return snapshot === undefined ? undefined : this.store({ [model]: basename(snapshot) });
  }

  private async store(files: Readonly<Record<string, string>>): Promise<ParentBytes> {
    const sha256 = hashManifest(files);
    if (!this.stored.has(sha256)) {
      await mkdir(this.folder, { recursive: true, mode: 0o700 });
      const text = `${JSON.stringify({ sha256, files })}\n`;
      await writeFileAtomic(join(this.folder, `${sha256}.json`), text);
      this.stored.add(sha256);
    }
    return { sha256, files };
  }

  private async hashFile(path: string, options: ReadOptions): Promise<string> {
    const fresh = this.findFresh(path);
    if (fresh !== undefined) return fresh;
    const reading = this.last.then(async () => {
      options.signal.throwIfAborted();
      const read = this.findFresh(path);
      if (read !== undefined) return read;
      const state = readState(path);
      const sha256 = await hashStream(path, options);
      // Written to meanwhile: the next trial looks again.
      if (readState(path) === state) this.known.set(path, { state, sha256 });
      return sha256;
    });
    this.last = reading.catch(() => undefined);
    return reading;
  }

  private findFresh(path: string): string | undefined {
    const known = this.known.get(path);
    return known?.state === readState(path) ? known.sha256 : undefined;
  }
}

/** Files that decide what a model answers: weights, config, tokenizer. None where there is no folder. */
function listDecidingFiles(folder: string): string[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  const hasSafetensors = names.some((name) => name.endsWith('.safetensors'));
  return names
    .filter(
      (name) =>
        name === 'config.json' ||
        decidingFiles.includes(name) ||
        weightFile.test(name) ||
        (!hasSafetensors && pickleFile.test(name)),
    )
    .sort();
}

function readState(path: string): string {
  const { size, mtimeNs, ctimeNs, ino, dev } = statSync(path, { bigint: true });
  return [size, mtimeNs, ctimeNs, ino, dev].join(' ');
}

async function hashStream(path: string, { signal, onProgress }: ReadOptions): Promise<string> {
  const hash = createHash('sha256');
  const { size } = statSync(path);
  let bytes = 0;
  await pipeline(
    createReadStream(path, { highWaterMark: chunkBytes }),
    async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        onProgress(basename(path), Math.floor((100 * bytes) / Math.max(1, size)));
      }
    },
    { signal },
  );
  return hash.digest('hex');
}
