import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keepRunning } from './temporal-keeper.js';
import { readTail, rotateLog } from './temporal-log.js';
import {
  isAlive,
  isServerCommand,
  isServerOf,
  readServerRecord,
  writeServerRecord,
} from './temporal-process.js';
import { ensureTemporalServer, serverArguments } from './temporal-server.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-server-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('ensureTemporalServer', () => {
  it('says how to get a CLI that is missing', async () => {
    await expect(
      ensureTemporalServer({ resultsDir: folder, temporalCommand: join(folder, 'none') }),
    ).rejects.toThrow(/none`, got ENOENT\. Install it .*MERGESWEEP_TEMPORAL_CLI/);
  });

  it('keeps its folder from other users', async () => {
    const temporalCommand = join(folder, 'none');
    await ensureTemporalServer({ resultsDir: folder, temporalCommand }).catch(() => undefined);
    expect(statSync(join(folder, '.temporal')).mode & 0o777).toBe(0o700);
  });

  it('sets a database aside that the server dies of twice, and gives up with the log’s end', async () => {
    writeFileSync(join(folder, 'cli'), '#!/bin/sh\necho unknown schema >&2\nexit 3\n', {
      mode: 0o755,
    });
    mkdirSync(join(folder, '.temporal'));
    writeFileSync(join(folder, '.temporal', 'temporal.db'), 'of another version');
    const messages: string[] = [];
    const start = ensureTemporalServer({
      resultsDir: folder,
      temporalCommand: join(folder, 'cli'),
      onMessage: (message) => messages.push(message),
    });
    await expect(start).rejects.toThrow(/code 3: unknown schema/);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatch(/set aside as .*temporal\.db\.aside-1 .* Nothing that was scored/);
    expect(existsSync(join(folder, '.temporal', 'temporal.db.aside-1'))).toBe(true);
  });

  it('listens on this machine only', () => {
    const args = serverArguments(7000, '/r/temporal.db');
    expect(args[args.indexOf('--ip') + 1]).toBe('127.0.0.1');
  });
});

describe('isServerCommand', () => {
  it('knows a server by its database, whichever way the arguments are parted', () => {
    const args = ['temporal', ...serverArguments(7000, '/my results/temporal.db')];
    expect(isServerCommand(args.join('\0'), '/my results/temporal.db')).toBe(true);
    expect(isServerCommand(args.join(' '), '/my results/temporal.db')).toBe(true);
  });

  it('takes neither another database nor another program for it', () => {
    const args = ['temporal', ...serverArguments(7000, '/a/b/temporal.db')];
    expect(isServerCommand(args.join('\0'), '/b/temporal.db')).toBe(false);
    expect(isServerCommand(args.join(' '), '/a/b/temporal')).toBe(false);
    expect(isServerCommand('tail\0-f\0/a/b/temporal.db', '/a/b/temporal.db')).toBe(false);
  });

  it('does not take a reused pid for the server', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isServerOf(process.pid, '/a/b/temporal.db')).toBe(false);
  });
});

describe('server.json', () => {
  it('is read back', () => {
    const record = { pid: 12, port: 20_001, dbPath: '/r/temporal.db', startedAt: 'now' };
    writeServerRecord(folder, record);
    expect(readServerRecord(folder)).toEqual(record);
  });

  it.each(['', '{"pid": 1', '{"pid": -1, "port": 1, "dbPath": "", "startedAt": ""}', '[]'])(
    'counts as none when it is %j',
    (text) => {
      writeFileSync(join(folder, 'server.json'), text);
      expect(readServerRecord(folder)).toBeUndefined();
    },
  );
});

describe('the log', () => {
  it('is moved aside when it has grown', () => {
    const path = join(folder, 'server.log');
    writeFileSync(path, 'x'.repeat(11));
    rotateLog(path, 11);
    expect(readTail(path, 4)).toBe('xxxx');
    rotateLog(path, 10);
    expect(readTail(path)).toBe('');
    expect(readTail(`${path}.1`)).toHaveLength(11);
  });
});

describe('keepRunning', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('starts a dead server again, until it is released', async () => {
    let living = 1;
    const restart = vi.fn(() => Promise.resolve((living = 2)));
    const say = vi.fn();
    const kept = keepRunning({ pid: 1, restart, say, isAlive: (pid) => pid === living });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(restart).not.toHaveBeenCalled();
    living = 0;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(restart).toHaveBeenCalledTimes(1);
    expect(kept.pid).toBe(2);
    await kept.release();
    living = 0;
    await vi.advanceTimersByTimeAsync(2_000);
    expect(restart).toHaveBeenCalledTimes(1);
  });

  it('tries again when a start failed, and says why', async () => {
    const restart = vi.fn(() => Promise.resolve('no space left.'));
    const say = vi.fn();
    const kept = keepRunning({ pid: 1, restart, say, isAlive: () => false });
    await vi.advanceTimersByTimeAsync(1_100);
    expect(restart).toHaveBeenCalledTimes(2);
    expect(say).toHaveBeenCalledWith(expect.stringContaining('no space left.'));
    await kept.release();
  });
});
