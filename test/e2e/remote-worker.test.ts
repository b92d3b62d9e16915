/** A coordinator and a worker that meet on a Temporal server elsewhere: by TLS, and on a machine that goes. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readConfig } from '../../src/config.js';
import { ensureTemporalServer, type EmbeddedServer } from '../../src/external/temporal-server.js';
import { makeSweepFolder, type SweepFolder } from '../chaos/sweep-folder.js';
import { makeCertificates, startTlsFront, type TlsFront } from '../fixtures/tls-front.js';

const root = process.cwd();
const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

let path: string;
let folder: SweepFolder;
let server: EmbeddedServer;
const children: ChildProcess[] = [];
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'mergesweep-remote-'));
  folder = makeSweepFolder({
    ...{ root, path, seconds: [0, 0.05], heartbeatSeconds: 10 },
    plan: { mode: 'cold', seed: 1, trials: 2 },
  });
  server = await ensureTemporalServer({
    resultsDir: join(path, 'server'),
    temporalCommand: readConfig({}, process.env, root).tools.temporal,
  });
});
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await server.stop();
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
});

interface Started {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

function mergesweep(...words: readonly string[]): Started {
  const child = spawn(process.execPath, [join(root, 'bin', 'mergesweep.js'), ...words], {
    ...{ cwd: path, stdio: ['ignore', 'pipe', 'pipe'] },
    env: { ...folder.env, TEMPORAL_CONFIG_FILE: join(path, 'temporal.toml') },
  });
  children.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return {
    ...{ child, output: () => output },
    exit: new Promise((resolve) => child.on('close', resolve)),
  };
}

const worker = (name: string, ...words: readonly string[]): Started =>
  mergesweep('worker', '--slots', '1', '--work-dir', join(path, name), ...words);
const run = (...words: readonly string[]): Started =>
  mergesweep('run', folder.sweepFile, '--results', folder.results, '--no-worker', ...words);
const countComplete = (): number => {
  const { stdout } = spawnSync(
    process.execPath,
    [
      join(root, 'bin', 'mergesweep.js'),
      ...['trials', 'chaos', '--json', '--results', folder.results],
    ],
    { encoding: 'utf8', env: folder.env },
  );
  const { trials } = JSON.parse(stdout) as { trials: { kind: string; state: string }[] };
  return trials.filter(({ kind, state }) => kind === 'search' && state === 'complete').length;
};

describe.skipIf(!hasOpenssl)('a cluster behind TLS', () => {
  const serverName = 'temporal.test';
  const key = 'canary-api-key-0123456789';
  let front: TlsFront;
  afterEach(() => {
    front.close();
  });

  const open = async (apiKey?: string): Promise<void> => {
    makeCertificates(path, serverName, 'node-1');
    const backend = server.address;
    front = await startTlsFront({
      ...{ folder: path, backend },
      ...(apiKey === undefined ? {} : { apiKey }),
    });
    const address = `address = "127.0.0.1:${front.port}"\nnamespace = "default"`;
    const authority = `server_ca_cert_path = "${path}/ca.crt"\nserver_name = "${serverName}"`;
    const client = `client_cert_path = "${path}/client.crt"\nclient_key_path = "${path}/client.key"`;
    writeFileSync(
      join(path, 'temporal.toml'),
      `[profile.mtls]
${address}
[profile.mtls.tls]
${authority}
${client}
[profile.bare]
${address}
[profile.bare.tls]
${authority}
[profile.cloud]
${address}
api_key = "${key}"
[profile.cloud.tls]
${authority}
[profile.wrong]
${address}
api_key = "canary-wrong-0123456789"
[profile.wrong.tls]
${authority}
`,
    );
  };

  it.each([
    ['mtls', undefined, 'node-1', 'bare'],
    ['cloud', key, `Bearer ${key}`, 'wrong'],
  ])(
    'profile %s: a sweep runs on a worker by it alone, and without its secret nobody gets in',
    async (profile, apiKey, caller, refusedProfile) => {
      await open(apiKey);
      const node = worker('node', '--profile', profile);
      const sweep = run('--profile', profile);
      expect(await sweep.exit, sweep.output() + node.output()).toBe(0);
      expect(countComplete()).toBe(2);
      node.child.kill('SIGTERM');
      expect(await node.exit, node.output()).toBe(0);
      expect([...front.callers]).toEqual([caller]);

      const stranger = worker('other', '--profile', refusedProfile);
      expect(await stranger.exit, stranger.output()).toBe(1);
      expect(stranger.output()).toMatch(/temporal_connect/);
      expect(node.output() + sweep.output() + stranger.output()).not.toContain('canary');
    },
  );
});

describe.skipIf(process.platform === 'win32')('a machine that is about to be taken away', () => {
  it('hands its trial back and ends with 0; a worker that starts there again takes none', async () => {
    const busy = { name: 'busy', seconds: [600, 600], grandchildren: 0 };
    const setFaults = (faults: object): void => {
      writeFileSync(join(path, 'faults.json'), JSON.stringify(faults));
    };
    setFaults({ lm_eval: busy });
    const notice = join(path, 'notice');
    const watch = ['--preempt-command', `test -e ${notice}`, '--preempt-every', '1'];
    const spot = worker('spot', '--address', server.address, ...watch);
    const sweep = run('--address', server.address);
    await vi.waitFor(
      () => {
        expect(existsSync(folder.calls) ? readFileSync(folder.calls, 'utf8') : '').toContain(
          'lm_eval',
        );
      },
      { timeout: 120_000, interval: 100 },
    );
    writeFileSync(notice, '');
    expect(await spot.exit, spot.output()).toBe(0);
    expect(spot.output()).toMatch(/about to be taken away \(the preempt command gave no reason\)/);
    expect(spot.output()).toMatch(/what it ran goes to other nodes \(trials: [12]\)/);

    const again = worker('spot', '--address', server.address, ...watch);
    expect(await again.exit, again.output()).toBe(0);
    expect(again.output()).toMatch(/about to be taken away/);
    expect(again.output()).not.toMatch(/ready/);

    setFaults({});
    const other = worker('other', '--address', server.address);
    expect(await sweep.exit, sweep.output() + other.output()).toBe(0);
    expect(countComplete()).toBe(2);
    other.child.kill('SIGTERM');
    expect(await other.exit).toBe(0);
  });
});
