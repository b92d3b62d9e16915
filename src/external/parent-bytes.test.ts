import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ParentReader } from './parent-bytes.js';
import { writeToyCheckpoint } from './toy-checkpoint.fixture.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const model = (): string => join(folder, 'math');
const weights = (): string => join(model(), 'model.safetensors');
const newReader = (env = {}): ParentReader => new ParentReader(join(folder, 'work'), env);

/** Reads `math`; with the files whose bytes had to be read. */
async function read(reader: ParentReader, source = model()) {
  const files = new Set<string>();
  const onProgress = (name: string): unknown => files.add(name);
  const { signal } = new AbortController();
  const found = await reader.read({ math: source }, { signal, onProgress });
  return { bytes: found['math'], files: [...files].sort() };
}

/** Other bytes under the same name, of the same size, with the same date. */
function forge(path: string): void {
  const { size, atime, mtime } = statSync(path);
  writeFileSync(path, 'x'.repeat(size));
  utimesSync(path, atime, mtime);
}

describe('the bytes of a parent', () => {
  beforeEach(async () => {
    await writeToyCheckpoint({ files: { 'README.md': 'a card' } }, model());
  });

  it('are those of weights, config and tokenizer, each read once', async () => {
    const reader = newReader();
    const first = await read(reader);
    expect(first.files).toEqual(expect.arrayContaining(['config.json', 'model.safetensors']));
    expect(first.files).not.toContain('README.md');
    expect(Object.keys(first.bytes?.files ?? {})).toEqual(first.files);
    const again = await read(reader);
    expect(again).toEqual({ bytes: first.bytes, files: [] });
    expect(await reader.recall(first.bytes?.sha256 ?? '')).toEqual(first.bytes);
  });

  it('are the same in another folder, and after a change of what decides nothing', async () => {
    const before = await read(newReader());
    writeFileSync(join(model(), 'README.md'), 'another card');
    renameSync(model(), join(folder, 'moved'));
    const after = await read(newReader(), join(folder, 'moved'));
    expect(after.bytes).toEqual(before.bytes);
  });

  it('that were replaced by as many of the same date are found by the living reader', async () => {
    const reader = newReader();
    const before = await read(reader);
    forge(weights());
    const after = await read(reader);
    expect(after.files).toEqual(['model.safetensors']);
    expect(after.bytes?.sha256).not.toBe(before.bytes?.sha256);
    const { 'model.safetensors': _, ...others } = after.bytes?.files ?? {};
    expect(before.bytes?.files).toMatchObject(others);
  });

  it('are read whole by a new reader: no date is believed over a restart', async () => {
    const { files } = await read(newReader());
    expect((await read(newReader())).files).toEqual(files);
  });

  it('are read once for trials that ask at the same time', async () => {
    const reader = newReader();
    const both = await Promise.all([read(reader), read(reader)]);
    const all = both.flatMap(({ files }) => files);
    expect(new Set(all).size).toBe(all.length);
    expect(both[1].bytes).toEqual(both[0].bytes);
  });

  it('can be waited for no longer, and are read by the next who asks', async () => {
    const reader = newReader();
    const signal = AbortSignal.abort(new Error('cancelled'));
    const refused = reader.read({ math: model() }, { signal, onProgress: () => undefined });
    await expect(refused).rejects.toThrow('cancelled');
    expect((await read(reader)).bytes).toBeDefined();
  });
});

it('a model that is not on the node has no bytes there', async () => {
  expect(await read(newReader(), join(folder, 'nowhere'))).toEqual({ bytes: undefined, files: [] });
  expect(await read(newReader({ HF_HUB_CACHE: folder }), 'org/name')).toEqual({
    bytes: undefined,
    files: [],
  });
});

it('a model of the Hub is its commit: no byte of it is read', async () => {
  const repository = join(folder, 'models--org--name');
  const commits = ['a'.repeat(40), 'b'.repeat(40)];
  for (const commit of commits) {
    mkdirSync(join(repository, 'snapshots', commit), { recursive: true });
    writeFileSync(join(repository, 'snapshots', commit, 'config.json'), '{}');
  }
  const reader = newReader({ HF_HUB_CACHE: folder });
  const [a, b] = await Promise.all(commits.map((commit) => read(reader, `org/name@${commit}`)));
  expect(a?.bytes?.files).toEqual({ [`org/name@${commits[0] ?? ''}`]: commits[0] });
  expect(a?.files).toEqual([]);
  expect(b?.bytes?.sha256).not.toBe(a?.bytes?.sha256);
});
