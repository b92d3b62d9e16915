import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removePartialFiles, writeFileAtomically } from './write-file.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'write-file-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

it('makes the folders of a file, replaces it as a whole and leaves nothing else', () => {
  const path = join(folder, 'trials', '1', 'result.json');
  writeFileAtomically(path, 'old');
  writeFileAtomically(path, 'new');
  expect(readFileSync(path, 'utf8')).toBe('new');
  expect(readdirSync(join(folder, 'trials', '1'))).toEqual(['result.json']);
});

it('leaves nothing behind where the file can not be put under its name', () => {
  mkdirSync(join(folder, 'taken', 'by a folder'), { recursive: true });
  expect(() => {
    writeFileAtomically(join(folder, 'taken'), 'text');
  }).toThrow();
  expect(readdirSync(folder)).toEqual(['taken']);
});

it('clears what a writer that died left half-written, and nothing else', () => {
  mkdirSync(join(folder, 'trials', '1'), { recursive: true });
  const left = join(folder, 'trials', '1', 'result.json.4711.partial');
  writeFileSync(left, '{"rep');
  writeFileSync(join(folder, 'trials.jsonl'), '');
  removePartialFiles(folder);
  expect(existsSync(left)).toBe(false);
  expect(readdirSync(folder).sort()).toEqual(['trials', 'trials.jsonl']);
});
