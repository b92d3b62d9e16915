import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findInHubCache, hubCacheFolder } from './hub-cache.js';

const commit = 'a'.repeat(40);
const other = 'b'.repeat(40);

async function makeCache(commits: readonly string[], main?: string): Promise<string> {
  const cache = await mkdtemp(join(tmpdir(), 'mergesweep-hub-'));
  const repository = join(cache, 'models--org--name');
  await mkdir(join(repository, 'refs'), { recursive: true });
  for (const name of commits) {
    await mkdir(join(repository, 'snapshots', name), { recursive: true });
    await writeFile(join(repository, 'snapshots', name, 'config.json'), '{}');
  }
  if (main !== undefined) await writeFile(join(repository, 'refs', 'main'), main);
  return cache;
}

it("follows huggingface_hub's order of variables", () => {
  expect(hubCacheFolder({ HF_HUB_CACHE: '/a', HF_HOME: '/b', HOME: '/c' })).toBe('/a');
  expect(hubCacheFolder({ HF_HUB_CACHE: '', HF_HOME: '/b', HOME: '/c' })).toBe('/b/hub');
  expect(hubCacheFolder({ XDG_CACHE_HOME: '/x', HOME: '/c' })).toBe('/x/huggingface/hub');
  expect(hubCacheFolder({ HOME: '/c' })).toBe('/c/.cache/huggingface/hub');
  expect(hubCacheFolder({})).toBeUndefined();
});

it('finds the snapshot of main, of a commit, or the only one', async () => {
  const both = { HF_HUB_CACHE: await makeCache([commit, other], other) };
  expect(await findInHubCache('org/name', both)).toMatch(new RegExp(`/snapshots/${other}$`));
  expect(await findInHubCache(`org/name@${commit}`, both)).toMatch(
    new RegExp(`/snapshots/${commit}$`),
  );
  const one = { HF_HUB_CACHE: await makeCache([commit]) };
  expect(await findInHubCache('org/name', one)).toMatch(new RegExp(`/snapshots/${commit}$`));
});

it('knows nothing where the cache has no such model, commit or complete snapshot', async () => {
  const env = { HF_HUB_CACHE: await makeCache([commit, other]) };
  expect(await findInHubCache('org/name', env)).toBeUndefined();
  expect(await findInHubCache('org/else', env)).toBeUndefined();
  expect(await findInHubCache('org/name@v9', env)).toBeUndefined();
  expect(await findInHubCache('../name', env)).toBeUndefined();
  expect(await findInHubCache('org/name', {})).toBeUndefined();
  const outside = { HF_HUB_CACHE: await makeCache([commit, other], '../../..') };
  expect(await findInHubCache('org/name', outside)).toBeUndefined();
});
