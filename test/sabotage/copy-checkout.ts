/** A copy of the checkout to plant bugs in: the real one is never touched. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What is installed or built is shared: no plant reaches into it. */
const shared = ['node_modules', '.venv', 'dist'];

/** @returns the copy's folder; the caller removes it */
export function copyCheckout(root: string): string {
  const copy = mkdtempSync(join(tmpdir(), 'sabotage-'));
  const listed = execFileSync(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: 64_000_000,
    },
  );
  for (const path of listed.split('\0')) {
    if (path !== '' && existsSync(join(root, path))) cpSync(join(root, path), join(copy, path));
  }
  for (const name of shared) {
    if (existsSync(join(root, name))) symlinkSync(join(root, name), join(copy, name));
  }
  return copy;
}
