import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { appendToLog } from './runtime.js';

test('a log that can be written gets its lines', () => {
  const path = join(mkdtempSync(join(tmpdir(), 'runtime-')), 'sdk.jsonl');
  appendToLog(path, '{"a":1}');
  appendToLog(path, '{"a":2}');
  expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n{"a":2}\n');
});

test.runIf(process.platform === 'linux')(
  'a full disk under the log does not end the process',
  () => {
    expect(() => {
      appendToLog('/dev/full', '{"a":1}');
    }).not.toThrow();
  },
);
