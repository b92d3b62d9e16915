/**
 * Writes the pages that derive from code: `npm run docs`. With `--check` it writes nothing and
 * exits 1 when one of them is not what the code says, or an error code is not in docs/errors.md.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findProjectRoot } from '../src/config.js';
import { createProgram } from '../src/cli/main.js';
import { renderCliReference } from '../src/cli/reference.js';
import { renderJsonSchema } from '../src/spec/json-schema.js';
import { renderSweepFileReference } from '../src/spec/reference-page.js';
import { renderSchema } from '../src/store/render-schema.js';
import { listUndocumentedCodes } from './undocumented-codes.js';

const pages: Readonly<Record<string, () => string>> = {
  'docs/sweep-file.md': renderSweepFileReference,
  'docs/cli.md': () => renderCliReference(createProgram(silentIo)),
  'docs/schema.sql': renderSchema,
  'sweeps/sweep.schema.json': renderJsonSchema,
};

/** Help is rendered, nothing is run. */
const silentIo: Parameters<typeof createProgram>[0] = {
  out: () => undefined,
  err: () => undefined,
  env: {},
  cwd: '/',
  isTty: false,
  columns: 100,
  hasColor: false,
  setExitCode: () => undefined,
};

const isCheck = process.argv.includes('--check');
const stale: string[] = [];
for (const [path, render] of Object.entries(pages)) {
  const absolute = join(findProjectRoot(), path);
  const text = `${render().trimEnd()}\n`;
  if (existsSync(absolute) && readFileSync(absolute, 'utf8') === text) continue;
  if (!isCheck) writeFileSync(absolute, text);
  stale.push(path);
}
if (stale.length === 0) console.log('Generated pages are up to date.');
else if (!isCheck) console.log(`Wrote ${stale.join(', ')}.`);
else {
  console.error(
    `Not what the code says: ${stale.join(', ')}. Run npm run docs and commit the result.`,
  );
  process.exitCode = 1;
}
const undocumented = listUndocumentedCodes(findProjectRoot());
if (isCheck && undocumented.length > 0) {
  console.error(
    `Not in docs/errors.md: ${undocumented.join(', ')}. Say there what to do about them.`,
  );
  process.exitCode = 1;
}
