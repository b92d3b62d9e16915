import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Disk } from './disk.js';
import { type Fate, writeSurvivors } from './power-cut.js';
import type { Operation } from './trace.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'disk-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

const create = (path: string, inode: number): Operation => ({ kind: 'create', path, inode });
const sync = (path: string, inode: number): Operation => ({ kind: 'sync', path, inode });
const write = (path: string, inode: number, text: string, offset = 0): Operation => ({
  ...{ kind: 'write', path, inode, offset },
  data: Buffer.from(text),
});
const begin: readonly Operation[] = [{ kind: 'mkdir', path: '', inode: 1 }];

/** What is there when the power is back. */
function cut(
  operations: readonly Operation[],
  names: Fate,
  data: Fate,
  random = () => 0.4,
): string {
  const disk = new Disk();
  for (const operation of [...begin, ...operations]) disk.apply(operation);
  const place = join(folder, 'after');
  writeSurvivors(disk, { names, data }, random, place);
  return place;
}

describe('a disk after a power cut', () => {
  it('has a file that was synced only once its folder was, too', () => {
    const written = [create('a', 2), write('a', 2, 'text'), sync('a', 2)];
    expect(readdirSync(cut(written, 'none', 'all'))).toEqual([]);
    const after = cut([...written, sync('', 1)], 'none', 'none');
    expect(readFileSync(join(after, 'a'), 'utf8')).toBe('text');
  });

  it('has of a file what was synced, and may have what was written since', () => {
    const operations = [
      ...[create('a', 2), sync('', 1), write('a', 2, 'old'), sync('a', 2), write('a', 2, 'new')],
    ];
    expect(readFileSync(join(cut(operations, 'none', 'none'), 'a'), 'utf8')).toBe('old');
    expect(readFileSync(join(cut(operations, 'none', 'all'), 'a'), 'utf8')).toBe('new');
  });

  it('has the old or the new file under a name that was replaced, never none', () => {
    const operations: Operation[] = [
      ...[create('a', 2), write('a', 2, 'old'), sync('a', 2), sync('', 1)],
      ...[create('b', 3), write('b', 3, 'new'), sync('b', 3)],
      { kind: 'rename', path: 'b', to: 'a' },
    ];
    for (const [names, text] of [['none', 'old'] as const, ['all', 'new'] as const]) {
      const after = cut(operations, names, 'none');
      expect(readFileSync(join(after, 'a'), 'utf8')).toBe(text);
      expect(existsSync(join(after, 'b'))).toBe(false);
      rmSync(after, { recursive: true });
    }
  });

  it('loses a whole folder whose own name was not synced', () => {
    const operations: Operation[] = [
      { kind: 'mkdir', path: 'f', inode: 5 },
      ...[create('f/a', 2), sync('f/a', 2), sync('f', 5)],
    ];
    expect(readdirSync(cut(operations, 'none', 'all'))).toEqual([]);
    const after = cut([...operations, sync('', 1)], 'none', 'all');
    expect(readdirSync(join(after, 'f'))).toEqual(['a']);
  });

  it('tears a write at sectors of 512 bytes, and may keep the length alone', () => {
    const operations = [create('a', 2), sync('', 1), write('a', 2, 'x'.repeat(1024), 256)];
    // The parts are 256, 512 and 256 bytes: one kept, one lost, of one the length.
    const draws = [0.1, 0.9, 0.6];
    const after = cut(operations, 'none', 'torn', () => draws.shift() ?? 0);
    const bytes = readFileSync(join(after, 'a'), 'latin1');
    expect(bytes.length).toBe(1280);
    expect(bytes.replaceAll('\0', '')).toBe('x'.repeat(256));
    expect(bytes.slice(256, 512)).toBe('x'.repeat(256));
  });

  it('forgets what a truncation took away, even where the file grows again', () => {
    const operations: Operation[] = [
      ...[create('a', 2), sync('', 1), write('a', 2, 'abcdef')],
      { kind: 'truncate', path: 'a', inode: 2, length: 1 },
      write('a', 2, 'z', 4),
    ];
    expect(readFileSync(join(cut(operations, 'none', 'all'), 'a'), 'latin1')).toBe('a\0\0\0z');
  });
});
