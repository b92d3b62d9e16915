/** The Hugging Face Hub's cache on this machine; never the network. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readSmallFile } from './json-file.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where huggingface_hub keeps its cache, by its own rules; undefined without a home folder. */
export function hubCacheFolder(env: Environment): string | undefined {
  const set = (name: string): string | undefined => (env[name] === '' ? undefined : env[name]);
  const direct = set('HF_HUB_CACHE') ?? set('HUGGINGFACE_HUB_CACHE');
  if (direct !== undefined) return direct;
  const home = set('HF_HOME');
  if (home !== undefined) return join(home, 'hub');
  const cache =
    set('XDG_CACHE_HOME') ??
    (set('HOME') === undefined ? undefined : join(set('HOME') ?? '', '.cache'));
  return cache === undefined ? undefined : join(cache, 'huggingface', 'hub');
}

/**
 * The snapshot folder of `org/name` or `org/name@revision` with a config.json in it, or undefined
 * where this machine does not have it. Never throws.
 */
export async function findInHubCache(model: string, env: Environment): Promise<string | undefined> {
  const found = findRepository(model, env);
  if (found === undefined) return undefined;
  const { repository, revision } = found;
  const commit = await resolveRevision(repository, revision ?? 'main', revision === undefined);
  if (commit === undefined) return undefined;
  const snapshot = join(repository, 'snapshots', commit);
  return (await isFile(join(snapshot, 'config.json'))) ? snapshot : undefined;
}

/** The commits of a model that are here, at least in part. */
export async function listSnapshots(model: string, env: Environment): Promise<string[]> {
  const found = findRepository(model, env);
  return found === undefined
    ? []
    : readdir(join(found.repository, 'snapshots')).catch((): string[] => []);
}

function findRepository(
  model: string,
  env: Environment,
): { readonly repository: string; readonly revision: string | undefined } | undefined {
  const match = /^([A-Za-z0-9][\w.-]*)\/([A-Za-z0-9][\w.-]*?)(?:@([A-Za-z0-9][\w.-]*))?$/.exec(
    model,
  );
  const cache = hubCacheFolder(env);
  if (match === null || cache === undefined) return undefined;
  const [, organisation = '', name = '', revision] = match;
  return { repository: join(cache, `models--${organisation}--${name}`), revision };
}

async function resolveRevision(
  repository: string,
  revision: string,
  isDefault: boolean,
): Promise<string | undefined> {
  const snapshots = await readdir(join(repository, 'snapshots')).catch((): string[] => []);
  if (snapshots.includes(revision)) return revision;
  const ref = await readSmallFile(join(repository, 'refs', revision)).catch(() => undefined);
  const commit = ref?.trim();
  if (commit !== undefined) return snapshots.includes(commit) ? commit : undefined;
  return isDefault && snapshots.length === 1 ? snapshots[0] : undefined;
}

const isFile = async (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
