#!/usr/bin/env node
/**
 * Makes a fresh checkout run: `npm run setup [-- --dev]`. Needs Node, npm, Python and a C compiler,
 * and no package: this file and what it imports use Node's own modules only.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './setup/build.mjs';
import { installNpmPackages } from './setup/install-npm.mjs';
import { installPythonPackages } from './setup/install-python.mjs';
import { SetupError } from './setup/setup-error.mjs';
import { acquireSetupLock } from './setup/setup-lock.mjs';

export const root = dirname(dirname(fileURLToPath(import.meta.url)));

/**
 * Twice is once: each step is skipped when its inputs are those of the last time.
 * @throws SetupError
 */
export async function setUp({ dev = false, env = process.env } = {}) {
  checkNode();
  const started = Date.now();
  const say = (text) => console.error(text);
  const setupDir = join(root, '.setup');
  const release = await acquireSetupLock(setupDir, say);
  try {
    await installNpmPackages({ root, setupDir });
    await installPythonPackages({ root, setupDir, env, dev, say });
    await build({ root, setupDir });
  } finally {
    release();
  }
  say(`set up in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    throw new SetupError(`Expected Node >= 20.19, this is ${process.versions.node}.`);
  }
}

/** Runs `main`; a SetupError is told without a stack. */
export async function orExit(main) {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`set-up stopped: ${error.message}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await orExit(() => setUp({ dev: process.argv.includes('--dev') }));
}
