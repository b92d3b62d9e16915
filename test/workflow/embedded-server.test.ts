import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { isServing } from '../../src/external/temporal-health.js';
import { endProcess, findServerProcesses, isAlive } from '../../src/external/temporal-process.js';
import { ensureTemporalServer, serverArguments } from '../../src/external/temporal-server.js';
import type { EmbeddedServer } from '../../src/external/temporal-server.js';

const temporalCommand = readConfig({}, process.env, process.cwd()).tools.temporal;
/** A start takes a second, on a busy machine more. */
const patience = { timeout: 30_000, interval: 100 };

let resultsDir: string;
let servers: EmbeddedServer[];

beforeEach(() => {
  resultsDir = mkdtempSync(join(tmpdir(), 'mergesweep-embedded-'));
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await server.stop();
  rmSync(resultsDir, { recursive: true, force: true });
});

async function ensure(): Promise<{ server: EmbeddedServer; messages: string[] }> {
  const messages: string[] = [];
  const onMessage = (message: string): void => void messages.push(message);
  const server = await ensureTemporalServer({ resultsDir, temporalCommand, onMessage });
  servers.push(server);
  return { server, messages };
}

describe('ensureTemporalServer', () => {
  it('starts a server that answers, and stops it without a trace', async () => {
    const { server, messages } = await ensure();
    expect(server.adopted).toBe(false);
    const connection = await Connection.connect({ address: server.address });
    await connection.close();
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    expect(messages).toEqual([]);
  });

  it('adopts the server that a dead process left, workflows and all', async () => {
    const { server: first } = await ensure();
    const { server: second } = await ensure();
    expect(second).toMatchObject({ adopted: true, pid: first.pid, address: first.address });
  });

  it('ends a server on its database that nobody has recorded', async () => {
    const folder = join(resultsDir, '.temporal');
    mkdirSync(folder);
    const dbPath = join(folder, 'temporal.db');
    const args = serverArguments(20_000 + Math.floor(process.pid % 9_000), dbPath);
    const stray = spawn(temporalCommand, args, { stdio: 'ignore' });
    const isGone = new Promise((resolve) => stray.once('exit', resolve));
    await vi.waitFor(() => {
      expect(findServerProcesses(dbPath)).toEqual([stray.pid]);
    });
    const { server } = await ensure();
    await isGone;
    expect(server.adopted).toBe(false);
    expect(findServerProcesses(dbPath)).toEqual([server.pid]);
  });

  it('starts a killed server again where its database was lost and is half made', async () => {
    const { server, messages } = await ensure();
    const { pid, address } = server;
    const dbPath = join(resultsDir, '.temporal', 'temporal.db');
    // So one that is killed in the middle of making its tables leaves it.
    process.kill(pid, 'SIGSTOP');
    for (const suffix of ['-wal', '-shm']) rmSync(dbPath + suffix, { force: true });
    rmSync(dbPath);
    const database = new Database(dbPath);
    database.pragma('journal_mode = WAL');
    database.exec('CREATE TABLE schema_version (version_partition INT)');
    database.close();
    await endProcess(pid, 0);
    await vi.waitFor(() => {
      expect(server.pid).not.toBe(pid);
    }, patience);
    expect(server.address).toBe(address);
    expect(await isServing(address, 'default', 5_000)).toBe(true);
    expect(messages.at(-1)).toMatch(/set aside as .*temporal\.db\.aside-1/);
  });

  it('starts a killed server again on the same port', async () => {
    const { server, messages } = await ensure();
    const { pid, address } = server;
    await endProcess(pid, 0);
    await vi.waitFor(async () => {
      expect(server.pid).not.toBe(pid);
      expect(await isServing(address, 'default', 2_000)).toBe(true);
    }, patience);
    expect(messages[0]).toContain('has died and is started again');
  });
});
