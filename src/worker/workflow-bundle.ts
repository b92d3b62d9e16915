/** The workflow code as the worker's sandbox takes it: built ahead, as bundling costs seconds. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { findProjectRoot } from '../config.js';

/** What `Worker.create` takes as `workflowBundle`; the source map is inline. */
export interface WorkflowCode {
  readonly code: string;
}

/** The folder of the workflow modules beside this one: sources under tsx, built ones from `dist`. */
const workflowsFolder = fileURLToPath(new URL('../../workflows/', import.meta.url));
const errorsModule = fileURLToPath(new URL('../errors', import.meta.url));

const prebuiltPath = (): string => join(findProjectRoot(), 'dist', 'workflow-bundle.js');
const stampPath = (): string => join(findProjectRoot(), 'dist', 'workflow-bundle.json');

/** The prebuilt bundle when it is of these sources and this SDK, else a fresh one (seconds). */
export async function loadWorkflowBundle(): Promise<WorkflowCode> {
  const prebuilt = prebuiltPath();
  if (existsSync(prebuilt) && readStamp() === computeStamp())
    return { code: readFileSync(prebuilt, 'utf8') };
  return bundleWorkflows();
}

/** Writes `dist/workflow-bundle.js` and the stamp that says what it is of. */
export async function buildWorkflowBundle(): Promise<string> {
  const { code } = await bundleWorkflows();
  mkdirSync(join(findProjectRoot(), 'dist'), { recursive: true });
  writeFileSync(prebuiltPath(), code);
  writeFileSync(stampPath(), `${JSON.stringify({ stamp: computeStamp() })}\n`);
  return prebuiltPath();
}

function bundleWorkflows(): Promise<WorkflowCode> {
  const extension = isBuilt() ? 'js' : 'ts';
  return bundleWorkflowCode({
    workflowsPath: join(workflowsFolder, `index.${extension}`),
    logger: new DefaultLogger('ERROR'),
  });
}

const isBuilt = (): boolean => import.meta.url.endsWith('.js');

/** SHA-256 of the SDK's version and the modules' text: the bundle must match both exactly. */
function computeStamp(): string {
  const extension = isBuilt() ? '.js' : '.ts';
  const modules = readdirSync(workflowsFolder)
    .filter((name) => name.endsWith(extension) && !/\.(test|d)\.ts$|\.test\.js$/.test(name))
    .sort()
    .map((name) => join(workflowsFolder, name));
  const hash = createHash('sha256').update(readSdkVersion());
  for (const path of [...modules, errorsModule + extension]) hash.update(readFileSync(path));
  return hash.digest('hex');
}

function readSdkVersion(): string {
  const manifest: unknown = createRequire(import.meta.url)('@temporalio/worker/package.json');
  return typeof manifest === 'object' && manifest !== null && 'version' in manifest
    ? String(manifest.version)
    : '';
}

function readStamp(): string | undefined {
  try {
    const stored: unknown = JSON.parse(readFileSync(stampPath(), 'utf8'));
    return typeof stored === 'object' && stored !== null && 'stamp' in stored
      ? String(stored.stamp)
      : undefined;
  } catch {
    return undefined;
  }
}
