/** The npm packages, as package-lock.json names them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from './run-step.mjs';
import { hashFiles, isDone, markDone, markUndone } from './stamps.mjs';

export async function installNpmPackages({ root, setupDir }) {
  const hash = hashFiles(
    root,
    [join(root, 'package.json'), join(root, 'package-lock.json')],
    [process.versions.modules, process.arch],
  );
  if (isDone(setupDir, 'npm', hash) && existsSync(join(root, 'node_modules'))) return;
  markUndone(setupDir, 'npm');
  if (!isInstalled(root)) {
    await runStep({
      root,
      title: 'npm packages (better-sqlite3 may compile: a minute or two)',
      name: 'npm',
      command: 'npm',
      args: ['ci', '--no-audit', '--no-fund'],
      hint: 'A compiler is needed where better-sqlite3 has no prebuilt binary: on Debian, apt-get install build-essential python3.',
    });
  }
  markDone(setupDir, 'npm', hash);
}

/** Whether somebody's own `npm ci` or `npm install` has left just what the lock file asks for. */
function isInstalled(root) {
  const binary = join(root, 'node_modules/better-sqlite3/build/Release/better_sqlite3.node');
  const written = join(root, 'node_modules/.package-lock.json'); // npm's last write
  if (!existsSync(binary) || !existsSync(written)) return false;
  const wanted = readPackages(join(root, 'package-lock.json'));
  const present = readPackages(written);
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === '' ||
      !path.startsWith('node_modules/') ||
      (present[path] === undefined
        ? entry.optional === true
        : present[path].version === entry.version),
  );
}

const readPackages = (path) => JSON.parse(readFileSync(path, 'utf8')).packages;
