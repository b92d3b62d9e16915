/** Base and parents from the Hub: each fetched once on a node, at one commit, by the tools' own Python. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readdir, realpath } from 'node:fs/promises';
import { basename, isAbsolute, join } from 'node:path';
import { StageFailedError } from '../errors.js';
import { childEnvironment } from './child-environment.js';
import { hashManifest } from './checkpoint-manifest.js';
import { findInHubCache, listSnapshots } from './hub-cache.js';
import { workVariable } from './marked-processes.js';
import { runTool } from './run-tool.js';
import { sizeOfWeights } from './weight-files.js';

export interface HubParentsOptions {
  readonly workRoot: string;
  /** With `huggingface_hub`, as mergekit and lm-eval have it. */
  readonly python: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface FetchOptions {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly activity: string; readonly percent: number }) => void;
}

/** Downloads of many gigabytes: a stall is found long before. */
const longestFetchMs = 12 * 3_600_000;
const stallMs = 10 * 60_000;

// Pickles only where there are no safetensors; never what no tool of ours reads.
const script = `
import glob, json, sys
from huggingface_hub import snapshot_download
repo, revision = sys.argv[1], sys.argv[2] or None
skip = ["*.gguf", "*.onnx", "*.msgpack", "*.h5", "*.ot", "original/*", "consolidated*"]
pickles = ["*.bin", "*.pt", "*.pth", "*.ckpt"]
path = snapshot_download(repo, revision=revision, ignore_patterns=skip + pickles)
if not glob.glob(path + "/*.safetensors"):
    path = snapshot_download(repo, revision=revision, ignore_patterns=skip)
print(json.dumps({"snapshot": path}))
`;

export class HubParents {
  private readonly options: HubParentsOptions;
  /** By model and pin: under way, or done for the life of the process. */
  private readonly fetches = new Map<string, Fetch>();

  constructor(options: HubParentsOptions) {
    this.options = options;
  }

  /**
   * Sees to it that the models of the Hub among `sources` are here, whole and verified.
   * @param pinned SHA-256 by label, as `ParentReader` makes it: where a snapshot has it, it is that one
   * @returns the snapshot folder by model
   * @throws StageFailedError where one can't be fetched or is damaged; the signal's reason
   */
  async fetch(
    sources: Readonly<Record<string, string>>,
    pinned: Readonly<Record<string, string>>,
    options: FetchOptions,
  ): Promise<Readonly<Record<string, string>>> {
    const snapshots: Record<string, string> = {};
    for (const [label, model] of Object.entries(sources)) {
      if (isAbsolute(model)) continue;
      snapshots[model] = await this.fetchOnce(model, pinned[label], options);
    }
    return snapshots;
  }

  private fetchOnce(
    model: string,
    pin: string | undefined,
    options: FetchOptions,
  ): Promise<string> {
    options.signal.throwIfAborted();
    const key = `${model} ${pin ?? ''}`;
    let fetch = this.fetches.get(key);
    if (fetch === undefined) {
      const forget = (): void => void this.fetches.delete(key);
      fetch = new Fetch((own) => this.fetchModel(model, pin, own), forget);
      this.fetches.set(key, fetch);
    }
    return fetch.join(options);
  }

  private async fetchModel(
    model: string,
    pin: string | undefined,
    options: FetchOptions,
  ): Promise<string> {
    const snapshot = (await this.findPinned(model, pin)) ?? (await this.download(model, options));
    await verifySnapshot(model, snapshot, options);
    return snapshot;
  }

  /** What the sweep began with, where it is here. */
  private async findPinned(model: string, pin: string | undefined): Promise<string | undefined> {
    if (pin === undefined) return undefined;
    const { env } = this.options;
    const [name = model] = model.split('@');
    for (const commit of await listSnapshots(model, env)) {
      if (hashManifest({ [model]: commit }) !== pin) continue;
      const snapshot = await findInHubCache(`${name}@${commit}`, env);
      const isWhole = snapshot !== undefined && (await sizeOfWeights(snapshot).catch(() => 0)) > 0;
      if (isWhole) return snapshot;
    }
    return undefined;
  }

  private async download(model: string, { signal, onProgress }: FetchOptions): Promise<string> {
    const { workRoot, python, env } = this.options;
    const [name = model, revision = ''] = model.split('@');
    const folder = join(workRoot, 'hub');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    let snapshot: string | undefined;
    return runTool({
      command: python,
      args: ['-c', script, name, revision],
      cwd: folder,
      env: childEnvironment(env, 1, { [workVariable]: folder }),
      logPath: join(folder, `${model.replace(/[^\w.-]+/g, '--')}.log`),
      ...{ signal, stallMs, timeoutMs: longestFetchMs, stage: 'queued', tool: 'huggingface_hub' },
      parseProgress: (line) => {
        const said = /^\{"snapshot": (".*")\}$/.exec(line)?.[1];
        if (said !== undefined) snapshot = JSON.parse(said) as string;
        const percent = /(\d{1,3})%\|/.exec(line)?.[1];
        if (percent === undefined) return undefined;
        return { activity: `Fetching ${model}`, percent: Math.min(99, Number(percent)) };
      },
      onProgress,
      collect: () =>
        snapshot === undefined
          ? Promise.reject(
              new StageFailedError(
                'no_output',
                `Expected huggingface_hub to tell where it put ${model}, got nothing.`,
              ),
            )
          : Promise.resolve(snapshot),
    });
  }
}

/** One download, whoever waits for it; it ends when nobody does. */
class Fetch {
  private readonly done: Promise<string>;
  /** The next trial is to try again. */
  private readonly forget: () => void;
  private readonly controller = new AbortController();
  private readonly waiting = new Set<FetchOptions>();

  constructor(run: (options: FetchOptions) => Promise<string>, forget: () => void) {
    this.forget = forget;
    this.done = run({
      signal: this.controller.signal,
      onProgress: (progress) => {
        for (const { onProgress } of this.waiting) onProgress(progress);
      },
    });
    this.done.catch(() => {
      if (!this.controller.signal.aborted) forget();
    });
  }

  private abandon(reason: unknown): void {
    // Whoever comes before the processes are gone begins anew.
    this.forget();
    this.controller.abort(reason);
  }

  async join(options: FetchOptions): Promise<string> {
    const { signal } = options;
    this.waiting.add(options);
    let onAbort = (): void => undefined;
    const aborted = new Promise<never>((_, reject) => {
      onAbort = () => {
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
    });
    try {
      return await Promise.race([this.done, aborted]);
    } finally {
      signal.removeEventListener('abort', onAbort);
      this.waiting.delete(options);
      if (signal.aborted && this.waiting.size === 0) this.abandon(signal.reason);
    }
  }
}

/** Large files of the Hub lie in its cache under the SHA-256 of what they should hold. */
async function verifySnapshot(
  model: string,
  snapshot: string,
  { signal, onProgress }: FetchOptions,
): Promise<void> {
  const names = (await readdir(snapshot)).sort();
  for (const [index, name] of names.entries()) {
    const blob = await realpath(join(snapshot, name));
    if (!/^[0-9a-f]{64}$/.test(basename(blob))) continue;
    onProgress({ activity: `Reading ${name}`, percent: Math.floor((100 * index) / names.length) });
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(blob, { highWaterMark: 4 * 1024 * 1024, signal }))
      hash.update(chunk as Buffer);
    if (hash.digest('hex') === basename(blob)) continue;
    throw new StageFailedError(
      'configuration',
      `Expected ${name} of ${model} with the bytes that the Hub says, got others: delete ${blob} on the node, and it is fetched again.`,
    );
  }
}
