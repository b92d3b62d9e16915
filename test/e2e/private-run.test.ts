/** A whole run as strangers on the machine see it: nothing to read, and no secret in what it leaves. */
import { spawn } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeToyCheckpoint } from '../../src/external/toy-checkpoint.fixture.js';

const root = process.cwd();
const fakes = join(root, 'test', 'fixtures', 'fake-tools');
const secrets = {
  HF_TOKEN: 'canary-01-hugging-face',
  WANDB_API_KEY: 'canary-02-weights-and-biases',
  AWS_SECRET_ACCESS_KEY: 'canary-03-amazon',
  PGPASSWORD: 'canary-04-postgres',
  HTTPS_PROXY: 'http://me:canary-05-proxy@127.0.0.1:9',
};

let folder: string;
let results: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-private-'));
  results = join(folder, 'results');
  for (const name of ['base', 'a', 'b']) await writeToyCheckpoint({}, join(folder, name));
  // The tools get no variable but those on the list: their faults have to be told another way.
  for (const tool of ['mergekit-yaml', 'lm_eval', 'python']) {
    const wrapper = join(folder, tool);
    const script = `#!/bin/sh\nexport FAKE_FAULTS='${folder}/faults.json'\nexec '${fakes}/${tool}' "$@"\n`;
    writeFileSync(wrapper, script);
    chmodSync(wrapper, 0o755);
  }
  writeFileSync(
    join(folder, 'mix.yaml'),
    `version: 1
genome:
  merge_method: dare_ties
  base_model: ./base
  models: [./a, ./b]
  dtype: float32
optimizer: { max_trials: 2 }
evaluation: { mode: cold }
limits: { attempts: 1 }
tasks:
  search: [{ name: shift, metric: 'exact_match,none' }]
`,
  );
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

const setFaults = (faults: object): void => {
  writeFileSync(join(folder, 'faults.json'), JSON.stringify(faults));
};

/** Under this umask, with secrets in the environment; everything that it prints. */
function mergesweep(
  umask: string,
  ...words: string[]
): Promise<{ code: number | null; output: string }> {
  const env = {
    ...{ PATH: process.env['PATH'], HOME: folder, MERGESWEEP_DEBUG: '1', ...secrets },
    MERGESWEEP_MERGEKIT_YAML: join(folder, 'mergekit-yaml'),
    MERGESWEEP_LM_EVAL: join(folder, 'lm_eval'),
    MERGESWEEP_PYTHON: join(folder, 'python'),
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
  };
  const bin = join(root, 'bin', 'mergesweep.js');
  const child = spawn(
    '/bin/sh',
    ['-c', `umask ${umask}; exec "$0" "$@"`, process.execPath, bin, ...words],
    { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code) => {
      resolve({ code, output });
    });
  });
}

const everything = (): string[] => [
  results,
  ...readdirSync(results, { recursive: true, encoding: 'utf8' }).map((name) => join(results, name)),
];

/** As `find -perm /077` lists them; links have no permissions of their own. */
const openToOthers = (): string[] =>
  everything().filter((path) => {
    const state = lstatSync(path);
    return !state.isSymbolicLink() && (state.mode & 0o077) !== 0;
  });

const tracesIn = (text: string): string[] => text.match(/canary.{0,20}/g) ?? [];

describe.skipIf(process.platform !== 'linux')('a run under any umask', () => {
  it.each(['000', '022'])(
    '%s: what it leaves is for its owner alone, and holds no secret',
    async (umask) => {
      const outputs: string[] = [];
      setFaults({ lm_eval: { name: 'leak' } });
      outputs.push((await mergesweep(umask, 'run', 'mix.yaml', '--slots', '1')).output);
      setFaults({});
      const again = await mergesweep(umask, 'run', 'mix.yaml', '--slots', '1');
      outputs.push(again.output);
      expect(again.code, again.output).toBe(0);
      for (const words of [
        ['show', 'mix#b1'],
        ['trials', 'mix', '--json'],
        ['status', 'mix'],
      ])
        outputs.push((await mergesweep(umask, ...words)).output);

      const names = everything().map((path) => path.slice(results.length + 1));
      for (const part of [
        'ledger.sqlite',
        '.temporal/temporal.db',
        'logs/',
        '.work/',
        'mix/trials/',
      ])
        expect(names.some((name) => name.startsWith(part))).toBe(true);
      expect(openToOthers()).toEqual([]);

      expect(outputs.flatMap(tracesIn)).toEqual([]);
      const texts = everything().filter((path) => lstatSync(path).isFile());
      const logs = texts.filter((path) => readFileSync(path, 'latin1').includes('[secret]'));
      expect(logs.length).toBeGreaterThan(0);
      expect(
        texts.flatMap((path) =>
          tracesIn(readFileSync(path, 'latin1')).map((hit) => `${path} ${hit}`),
        ),
      ).toEqual([]);
    },
  );
});
