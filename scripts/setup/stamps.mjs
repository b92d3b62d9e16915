/** What is done already: `.setup/<name>.stamp` holds the hash of what the step was made from. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const stampPath = (setupDir, name) => join(setupDir, `${name}.stamp`);

export function isDone(setupDir, name, hash) {
  try {
    return readFileSync(stampPath(setupDir, name), 'utf8') === hash;
  } catch {
    return false;
  }
}

/** Written after the step's last effect, by rename: a cut-off step is done again. */
export function markDone(setupDir, name, hash) {
  mkdirSync(setupDir, { recursive: true });
  const temporary = `${stampPath(setupDir, name)}.${process.pid}`;
  writeFileSync(temporary, hash);
  renameSync(temporary, stampPath(setupDir, name));
}

/** Before a step starts: what it is about to change must not look done. */
export function markUndone(setupDir, name) {
  rmSync(stampPath(setupDir, name), { force: true });
}

/** SHA-256 over names and bytes of files, and over further texts. */
export function hashFiles(root, paths, texts = []) {
  const hash = createHash('sha256');
  for (const path of paths) {
    hash
      .update(`\0${relative(root, path)}\0`)
      .update(createHash('sha256').update(readFileSync(path)).digest());
  }
  for (const text of texts) hash.update(`\0${text}\0`);
  return hash.digest('hex');
}

/** Files under `folder` whose names pass, sorted; build outputs and packages are not looked into. */
export function listFiles(folder, isWanted) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      if (entry.isDirectory()) {
        return ['node_modules', 'dist'].includes(entry.name)
          ? []
          : listFiles(join(folder, entry.name), isWanted);
      }
      return isWanted(entry.name) ? [join(folder, entry.name)] : [];
    });
}
