import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readToolVersions } from './tool-versions.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'versions-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('a python that fails is told by its last words, not by our command line', async () => {
  const python = join(folder, 'python');
  writeFileSync(python, '#!/bin/sh\necho "OSError: broken venv" >&2\nexit 3\n');
  chmodSync(python, 0o700);
  const asking = readToolVersions({ python });
  await expect(asking).rejects.toMatchObject({
    failureClass: 'crash',
    message: `Expected ${python} to tell the versions of mergekit and lm-eval, got exit code 3; its last words: OSError: broken venv`,
  });
});

it('one that is not there is a missing tool', async () => {
  await expect(readToolVersions({ python: join(folder, 'none') })).rejects.toMatchObject({
    code: 'tool_missing',
  });
});
