/** What can be known of the recipes in deploy/ without the machines that they are for. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { createProgram } from '../../src/cli/main.js';
import { resolveTemporal } from '../../src/client/resolve-temporal.js';
import { serverArguments } from '../../src/external/temporal-server.js';
import { findCommandLines, findContainerCommands } from './command-lines.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length));

const recipes = filesBelow('deploy');
// What commander itself writes needs no look; the decisions tell of what once was.
const pages = ['README.md', ...filesBelow('docs')].filter(
  (path) => path.endsWith('.md') && !/docs\/(cli\.md|decisions\/)/.test(path),
);

const silent = () => undefined;
const program = createProgram({
  ...{ out: silent, err: silent, setExitCode: silent, env: {}, cwd: '/' },
  ...{ isTty: false, columns: 100, hasColor: false },
});
const flagsOf = new Map(
  program.commands.map((verb) => [
    verb.name(),
    new Set(['--help', ...verb.options.flatMap(({ long }) => long ?? [])]),
  ]),
);

const commandsIn = (path: string) => [
  ...findCommandLines(read(path)),
  ...(path.includes('kubernetes/') ? findContainerCommands(read(path)) : []),
];

describe('command lines of mergesweep', () => {
  it.each([...recipes, ...pages])('%s names flags that the verb knows', (path) => {
    const unknown = commandsIn(path).flatMap(({ verb, flags, text }) =>
      flags.filter((flag) => flagsOf.get(verb)?.has(flag) !== true).map((flag) => [flag, text]),
    );
    expect(unknown).toEqual([]);
  });

  it('are found in every recipe that starts something', () => {
    const starting = recipes.filter((path) =>
      /kubernetes|skypilot|systemd|slurm|ssh|Containerfile/.test(path),
    );
    expect(starting.filter((path) => commandsIn(path).length === 0)).toEqual([]);
  });

  it('are read over line ends, in units, manifests and probes', () => {
    expect(findCommandLines('x mergesweep worker --a 1 \\\n  --b --c=2 # --d\n')).toMatchObject([
      { verb: 'worker', flags: ['--a', '--b', '--c'] },
    ]);
    expect(findCommandLines('mergesweep ls, or `mergesweep run` `--x`')).toEqual([]);
    const manifest = `
spec:
  containers:
    - { name: a, image: i, args: [worker, --x, v] }
    - { name: b, image: i, command: [/bin/run-and-stay], args: [file, --y] }
    - { name: c, image: i, command: [sh, -c, '--z'] }
  probe: { exec: { command: [mergesweep, status, --q] } }
`;
    expect(findContainerCommands(manifest).map(({ verb, flags }) => [verb, ...flags])).toEqual([
      ['worker', '--x'],
      ['run', '--y'],
      ['status', '--q'],
    ]);
  });

  it('are those of settings that exist', () => {
    const settings = read('docs/gpu-node.md');
    const named = recipes.flatMap((path) => read(path).match(/\bMERGESWEEP_[A-Z_]+/g) ?? []);
    expect(named.filter((name) => !settings.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('scripts', () => {
  const scripts = recipes.filter((path) => read(path).startsWith('#!'));
  it.each(scripts)('%s can be read by its shell', (path) => {
    const shell = read(path).startsWith('#!/bin/sh') ? 'sh' : 'bash';
    expect(spawnSync(shell, ['-n', join(root, path)], { encoding: 'utf8' }).stderr).toBe('');
  });
});

describe('deploy/temporal', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mergesweep-profiles-'));
    for (const name of ['ca.crt', 'client.crt', 'client.key'])
      writeFileSync(join(folder, name), name);
    const toml = read('deploy/temporal/temporal.toml').replaceAll('/etc/mergesweep/tls', folder);
    writeFileSync(join(folder, 'temporal.toml'), toml);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  const resolve = (profile: string, more: object = {}, env: Record<string, string> = {}) =>
    resolveTemporal(
      { profile, ...more },
      { TEMPORAL_CONFIG_FILE: join(folder, 'temporal.toml'), ...env },
    );

  it('has a profile with certificates, one for API keys, and one that must be insisted on', () => {
    expect(resolve('mtls')).toMatchObject({
      address: 'temporal.example:7233',
      connectionOptions: { tls: { serverNameOverride: 'temporal.example' } },
    });
    const key = { TEMPORAL_API_KEY: 'k' };
    expect(resolve('cloud', {}, key)).toMatchObject({ connectionOptions: { apiKey: 'k' } });
    expect(() => resolve('cloud')).toThrow(expect.objectContaining({ code: 'temporal_plaintext' }));
    expect(() => resolve('lan')).toThrow(expect.objectContaining({ code: 'temporal_plaintext' }));
    expect(resolve('lan', { insecurePlaintext: true })).toMatchObject({ kind: 'external' });
  });

  it('has the dynamic config that our own server gets', () => {
    const file = parse(read('deploy/temporal/dynamic-config.yaml')) as Record<
      string,
      readonly { value: unknown }[]
    >;
    const words = serverArguments(1, '/db');
    const ours = words.filter((_, index) => words[index - 1] === '--dynamic-config-value');
    const theirs = Object.entries(file).map(([key, [first]]) => `${key}=${String(first?.value)}`);
    expect(theirs.sort()).toEqual(ours.sort());
    const slurm = read('deploy/slurm/sweep.sbatch');
    expect(ours.filter((value) => !slurm.includes(`--dynamic-config-value ${value}`))).toEqual([]);
  });
});

describe('deploy/kubernetes', () => {
  interface Pod {
    readonly terminationGracePeriodSeconds: number;
    readonly automountServiceAccountToken: boolean;
    readonly securityContext: { readonly runAsNonRoot: boolean };
    readonly volumes: readonly { readonly name: string }[];
    readonly containers: readonly {
      readonly securityContext: object;
      readonly resources: { readonly limits: Readonly<Record<string, string>> };
      readonly volumeMounts: readonly { readonly name: string }[];
      readonly env: readonly { readonly name: string; readonly value?: string }[];
    }[];
  }
  interface Workload {
    readonly kind: string;
    readonly spec: {
      readonly selector: { readonly matchLabels: object };
      readonly template: { readonly metadata: { readonly labels: object }; readonly spec: Pod };
      readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
    };
  }
  const workloads = ['coordinator', 'worker'].map((name) => {
    const [first] = parseAllDocuments(read(`deploy/kubernetes/${name}.yaml`));
    return [name, first!.toJS() as Workload] as const;
  });

  it.each(workloads)('%s: has time to hand back, no rights, no secret, and its volumes', (_, w) => {
    const { spec, metadata } = w.spec.template;
    expect(metadata.labels).toMatchObject(w.spec.selector.matchLabels);
    expect(spec.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(45);
    expect(spec.automountServiceAccountToken).toBe(false);
    expect(spec.securityContext.runAsNonRoot).toBe(true);
    const claims = (w.spec.volumeClaimTemplates ?? []).map((claim) => claim.metadata.name);
    const volumes = [...claims, ...spec.volumes.map(({ name }) => name)];
    for (const container of spec.containers) {
      expect(container.securityContext).toMatchObject({
        ...{ allowPrivilegeEscalation: false, readOnlyRootFilesystem: true },
        capabilities: { drop: ['ALL'] },
      });
      expect(volumes).toEqual(
        expect.arrayContaining(container.volumeMounts.map(({ name }) => name)),
      );
      const inline = container.env.filter(({ name, value }) => /TOKEN|KEY$/.test(name) && value);
      expect(inline).toEqual([]);
    }
  });

  it('gives a worker a card and the coordinator one writer', () => {
    const [coordinator, worker] = workloads.map(([, workload]) => workload);
    const limits = worker!.spec.template.spec.containers[0]!.resources.limits;
    expect(limits['nvidia.com/gpu']).toBe('1');
    expect(coordinator).toMatchObject({ kind: 'StatefulSet', spec: { replicas: 1 } });
    const env = coordinator!.spec.template.spec.containers[0]!.env.map(({ name }) => name);
    expect(env).toContain('MERGESWEEP_HOST_ID');
  });
});
