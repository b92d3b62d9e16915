import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { Option } from 'commander';
import { findProjectRoot } from '../config.js';
import { UsageError } from '../errors.js';
import { renderJsonSchema } from '../spec/json-schema.js';
import type { RegisterVerb } from './verb.js';

/** Templates are the sweeps that this repository ships and tests. */
const templates = {
  'tiny-cpu': 'demo.yaml',
  'dare-ties-13b': 'dare-ties-13b-4xh100.yaml',
} as const;
export type TemplateName = keyof typeof templates;

export const registerInit: RegisterVerb = (program, io) => {
  program
    .command('init')
    .description('write a sweep file to start from, with its JSON Schema beside it')
    .argument('[dir]', 'folder to write to; made if need be', '.')
    .addOption(
      new Option('--template <name>', 'what to start from')
        .choices(Object.keys(templates))
        .default('tiny-cpu'),
    )
    .addHelpText(
      'after',
      `
Never overwrites: files that are there already stop it before anything is written.

Examples:
  mergesweep init my-merge
  mergesweep init my-merge --template dare-ties-13b`,
    )
    .action(async (dir: string, options: { template: TemplateName }) => {
      const files = await renderTemplate(options.template, resolve(io.cwd, dir));
      await writeNew(resolve(io.cwd, dir), files);
      const shown = (name: string): string => join(dir, name);
      io.err(`Wrote ${Object.keys(files).map(shown).join(', ')}\n`);
      io.err(`Next: npx mergesweep check ${shown('sweep.yaml')}\n`);
    });
};

/**
 * The files of a new sweep in `folder` (absolute), by name relative to it.
 */
export async function renderTemplate(
  template: TemplateName,
  folder: string,
): Promise<Record<string, string>> {
  const root = findProjectRoot();
  const text = await readFile(join(root, 'sweeps', templates[template]), 'utf8');
  const name = toName(folder);
  const files: Record<string, string> = {
    'sweep.yaml': relocate(text, join(root, 'sweeps'), folder).replace(
      /^name: .*$/m,
      `name: ${name}`,
    ),
    'sweep.schema.json': renderJsonSchema(),
  };
  if (!/^ +include_path: \.\/tasks\b/m.test(text)) return files;
  const tasks = join(root, 'sweeps', 'tasks');
  for (const file of (await readdir(tasks)).sort())
    files[`tasks/${file}`] = await readFile(join(tasks, file), 'utf8');
  return files;
}

/** Paths out of `from` (they start with `..`) lead to the same place from `to`. */
function relocate(text: string, from: string, to: string): string {
  return text.replaceAll(/(?<=(?:: |- ))\.\.(?:\/[\w./-]+)?(?=\s)/g, (path) => {
    const moved = relative(to, resolve(from, path));
    return moved.startsWith('..') ? moved : moved === '' ? '.' : `./${moved}`;
  });
}

const toName = (folder: string): string => {
  const stem = (folder.split('/').at(-1) ?? '')
    .replaceAll(/[^\w.-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '');
  return stem === '' ? 'my-merge' : stem.slice(0, 96);
};

async function writeNew(folder: string, files: Record<string, string>): Promise<void> {
  const paths = Object.keys(files).map((name) => join(folder, name));
  const present = (await Promise.all(paths.map(exists))).flatMap((found, index) =>
    found ? (paths[index] ?? []) : [],
  );
  if (present.length > 0)
    throw new UsageError(
      'would_overwrite',
      `${present.join(', ')}: there already, nothing was written. Choose another folder, or move the file`,
    );
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    try {
      await mkdir(dirname(path), { recursive: true });
      // wx: a file that appeared meanwhile is not overwritten either.
      await writeFile(path, text, { flag: 'wx' });
    } catch (cause) {
      const { code = '', message } = cause as NodeJS.ErrnoException;
      if (!['EEXIST', 'ENOTDIR', 'ENAMETOOLONG'].includes(code)) throw cause;
      throw new UsageError('cannot_write', `${path}: can't be written: ${message}`, { cause });
    }
  }
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
