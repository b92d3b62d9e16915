/** dist/: TypeScript compiled, the workflow code bundled, `npx mergesweep` made to work here. */
import { chmodSync, existsSync, lstatSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { runStep } from './run-step.mjs';
import { hashFiles, isDone, listFiles, markDone, markUndone } from './stamps.mjs';

export async function build({ root, setupDir }) {
  linkCommand(root);
  const hash = hashFiles(root, listSources(root), [process.version]);
  const bundle = join(root, 'dist', 'workflow-bundle.js');
  if (isDone(setupDir, 'build', hash) && existsSync(bundle)) return;
  markUndone(setupDir, 'build');
  removeStaleBuild(root);
  await runStep({
    root,
    title: 'TypeScript',
    name: 'tsc',
    command: process.execPath,
    args: [join(root, 'node_modules/typescript/bin/tsc'), '-b'],
  });
  await runStep({
    root,
    title: 'workflow bundle',
    name: 'bundle',
    command: process.execPath,
    args: [join(root, 'scripts/build-workflow-bundle.mjs')],
  });
  markDone(setupDir, 'build', hash);
}

/** All that tsc and the bundler read. */
function listSources(root) {
  const folders = ['src', 'workflows', 'activities', 'packages', 'test', 'bench', 'scripts'];
  const isSource = (name) => name.endsWith('.ts') || /^(package|tsconfig).*\.json$/.test(name);
  return [
    ...folders.flatMap((folder) => {
      const path = join(root, folder);
      return existsSync(path) ? listFiles(path, isSource) : [];
    }),
    ...['tsconfig.json', 'tsconfig.base.json', 'package-lock.json'].map((name) => join(root, name)),
  ];
}

/** Without its outputs tsc's build info would have it write nothing. */
function removeStaleBuild(root) {
  const packages = readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name));
  for (const folder of [root, ...packages]) {
    const info = join(folder, 'dist', 'tsconfig.tsbuildinfo');
    const hasOutput = existsSync(join(folder, 'dist', folder === root ? 'src' : 'index.js'));
    if (!hasOutput) rmSync(info, { force: true });
  }
}

/** npm links the commands of dependencies, never the project's own. */
function linkCommand(root) {
  const link = join(root, 'node_modules', '.bin', 'mergesweep');
  const target = join(root, 'bin', 'mergesweep.js');
  if (existsSync(target)) chmodSync(target, 0o755);
  if (lstatSync(link, { throwIfNoEntry: false }) === undefined)
    symlinkSync('../../bin/mergesweep.js', link);
}
