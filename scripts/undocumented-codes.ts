import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { failureClasses } from '../src/errors.js';

/** Error codes that the code throws and docs/errors.md does not explain. */
export function listUndocumentedCodes(root: string): string[] {
  const page = readFileSync(join(root, 'docs', 'errors.md'), 'utf8');
  const thrown = ['src', 'activities'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !/\.(test|cases|fixture)\.ts$/.test(path))
      .flatMap((path) => listCodes(readFileSync(join(root, folder, path), 'utf8'))),
  );
  const codes = new Set([...thrown, ...failureClasses]);
  return [...codes].filter((code) => !page.includes(`\`${code}\``)).sort();
}

function listCodes(source: string): string[] {
  return [...source.matchAll(/new \w+Error\(\s*'([a-z_]+)',/g)].map(([, code]) => code ?? '');
}
