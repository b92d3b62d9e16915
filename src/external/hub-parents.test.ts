import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { hashManifest } from './checkpoint-manifest.js';
import { HubParents } from './hub-parents.js';

const commit = 'a'.repeat(40);
const other = 'b'.repeat(40);
const weights = 'the weights';
const blobName = createHash('sha256').update(weights).digest('hex');

let folder: string;
let hub: HubParents;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
  hub = newHub();
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const cache = (...path: string[]): string => join(folder, 'cache', 'models--org--name', ...path);
const newHub = (): HubParents =>
  new HubParents({
    workRoot: join(folder, 'work'),
    python: join(folder, 'python'),
    env: { PATH: process.env['PATH'], HF_HUB_CACHE: join(folder, 'cache') },
  });

/** A snapshot as huggingface_hub leaves it. */
function writeSnapshot(name: string, content = weights): void {
  mkdirSync(cache('blobs'), { recursive: true });
  mkdirSync(cache('snapshots', name), { recursive: true });
  writeFileSync(cache('blobs', blobName), content);
  symlinkSync(`../../blobs/${blobName}`, cache('snapshots', name, 'model.safetensors'));
  writeFileSync(cache('snapshots', name, 'config.json'), '{}');
}

/** Stands in for the tools' Python: notes what it is asked for, and says where it is. */
function writePython(then: string): void {
  const text = `#!/bin/sh\necho "$3 $4" >> ${folder}/calls\n${then}\n`;
  writeFileSync(join(folder, 'python'), text, { mode: 0o755 });
}
const says = (name: string): string => `echo '{"snapshot": "${cache('snapshots', name)}"}'`;
const calls = (): string[] =>
  existsSync(join(folder, 'calls'))
    ? readFileSync(join(folder, 'calls'), 'utf8').trimEnd().split('\n')
    : [];

const fetch = (
  model = 'org/name',
  pinned: Record<string, string> = {},
  { signal = new AbortController().signal, onProgress = vi.fn() } = {},
) => hub.fetch({ base: model, math: '/models/math' }, pinned, { signal, onProgress });

describe('a model of the Hub', () => {
  it('is fetched once for trials that want it at the same time and later, with its progress', async () => {
    writeSnapshot(commit);
    writePython(`echo 'Fetching 3 files:  66%|##  | 2/3'\n${says(commit)}`);
    const progress = vi.fn();
    const two = await Promise.all([fetch(), fetch('org/name', {}, { onProgress: progress })]);
    expect(two).toEqual([
      { 'org/name': cache('snapshots', commit) },
      { 'org/name': cache('snapshots', commit) },
    ]);
    await fetch();
    expect(calls()).toEqual(['org/name']);
    expect(progress).toHaveBeenCalledWith({ activity: 'Fetching org/name', percent: 66 });
  });

  it('is asked for at the commit that the sweep file names', async () => {
    writeSnapshot(commit);
    writePython(says(commit));
    await fetch(`org/name@${commit}`);
    expect(calls()).toEqual([`org/name ${commit}`]);
  });

  it('is not asked for where the commit of the first score is here, whatever main is now', async () => {
    writeSnapshot(commit);
    mkdirSync(cache('snapshots', other), { recursive: true });
    writeFileSync(cache('snapshots', other, 'config.json'), '{}');
    writePython(says(other));
    const pinned = { base: hashManifest({ 'org/name': commit }) };
    expect(await fetch('org/name', pinned)).toEqual({ 'org/name': cache('snapshots', commit) });
    expect(calls()).toEqual([]);
  });

  it('that has other bytes than the Hub says is not used', async () => {
    writeSnapshot(commit, 'bit rot');
    writePython(says(commit));
    await expect(fetch()).rejects.toMatchObject({
      failureClass: 'configuration',
      message: expect.stringMatching(
        /^Expected model.safetensors of org\/name with the bytes/,
      ) as string,
    });
  });

  it('that this node may not read fails with what the Hub said, and is tried again', async () => {
    writePython("echo 'huggingface_hub.errors.GatedRepoError: 401 Client Error' >&2; exit 1");
    await expect(fetch()).rejects.toMatchObject({ failureClass: 'configuration' });
    writeSnapshot(commit);
    writePython(says(commit));
    await fetch();
    expect(calls()).toHaveLength(2);
  });

  it('is fetched to the end though one of two trials is cancelled, and not when both are', async () => {
    writeSnapshot(commit);
    const gate = join(folder, 'gate');
    writePython(`while [ ! -e ${gate} ]; do sleep 0.05; done\n${says(commit)}`);
    const [first, second] = [new AbortController(), new AbortController()];
    const one = fetch('org/name', {}, { signal: first.signal });
    const two = fetch('org/name', {}, { signal: second.signal });
    await vi.waitFor(() => {
      expect(calls()).toHaveLength(1);
    });
    first.abort(new Error('cancelled'));
    await expect(one).rejects.toThrow('cancelled');
    writeFileSync(gate, '');
    await expect(two).resolves.toHaveProperty('org/name');

    rmSync(gate);
    hub = newHub();
    const alone = new AbortController();
    const three = fetch('org/name', {}, { signal: alone.signal });
    await vi.waitFor(() => {
      expect(calls()).toHaveLength(2);
    });
    alone.abort(new Error('cancelled'));
    await expect(three).rejects.toThrow('cancelled');
    writeFileSync(gate, '');
    await fetch();
    expect(calls()).toHaveLength(3);
  });
});

it('a sweep of local models asks for nothing', async () => {
  const options = { signal: new AbortController().signal, onProgress: vi.fn() };
  expect(await hub.fetch({ base: '/models/base' }, {}, options)).toEqual({});
});
