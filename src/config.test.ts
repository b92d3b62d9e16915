import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findProjectRoot, readConfig } from './config.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'mergesweep-config-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

describe('readConfig', () => {
  it('puts results into the working directory', () => {
    expect(readConfig({}, {}, '/w', root).resultsDir).toBe('/w/results');
  });

  it('takes a flag before the environment, relative to the working directory', () => {
    const env = { MERGESWEEP_RESULTS: 'from-env', MERGESWEEP_POOL: 'h100' };
    expect(readConfig({}, env, '/w', root)).toMatchObject({
      resultsDir: '/w/from-env',
      pool: 'h100',
    });
    expect(readConfig({ results: 'flag', pool: 'a100' }, env, '/w', root)).toMatchObject({
      resultsDir: '/w/flag',
      pool: 'a100',
    });
  });

  it('counts an empty variable as not set', () => {
    const env = { MERGESWEEP_RESULTS: ' ', MERGESWEEP_POOL: '', MERGESWEEP_LM_EVAL: '' };
    const config = readConfig({}, env, '/w', root);
    expect(config.resultsDir).toBe('/w/results');
    expect(config).not.toHaveProperty('pool');
    expect(config.tools.lmEval).toBe('lm_eval');
  });

  it('takes whole seconds after which a silent node counts as dead, and nothing else', () => {
    const read = (text: string) =>
      readConfig({}, { MERGESWEEP_HEARTBEAT_SECONDS: text }, '/w', root).heartbeatSeconds;
    expect(read('5')).toBe(5);
    expect(read('')).toBeUndefined();
    for (const text of ['1', '2.5', '3601', 'soon', '0x10'])
      expect(() => read(text)).toThrow(/expected whole seconds from 2 to 3600/);
  });

  it('takes how it is watched from flags, then from the environment; by default it is not', () => {
    expect(readConfig({}, {}, '/w', root)).toMatchObject({ logFormat: 'text' });
    expect(readConfig({}, {}, '/w', root)).not.toHaveProperty('metricsPort');
    const env = { MERGESWEEP_LOG_FORMAT: 'json', MERGESWEEP_METRICS_PORT: '9464' };
    expect(readConfig({}, env, '/w', root)).toMatchObject({
      ...{ logFormat: 'json', metricsPort: '9464' },
    });
    const flags = { logFormat: 'text', metricsPort: '0' } as const;
    expect(readConfig(flags, env, '/w', root)).toMatchObject(flags);
    expect(() => readConfig({}, { MERGESWEEP_LOG_FORMAT: 'xml' }, '/w', root)).toThrow(
      'MERGESWEEP_LOG_FORMAT=xml: expected text or json.',
    );
  });

  it('finds tools: setting, then the project’s environment, then PATH', () => {
    const bin = join(root, '.venv', 'bin');
    mkdirSync(bin, { recursive: true });
    for (const name of ['lm_eval', 'mergekit-yaml']) {
      writeFileSync(join(bin, name), '');
      chmodSync(join(bin, name), 0o755);
    }
    const env = { MERGESWEEP_LM_EVAL: '/opt/lm_eval' };
    expect(readConfig({}, env, '/w', root).tools).toEqual({
      mergekitYaml: join(bin, 'mergekit-yaml'),
      lmEval: '/opt/lm_eval',
      python: 'python3',
      temporal: 'temporal',
    });
  });
});

describe('findProjectRoot', () => {
  it('finds mergesweep’s own package, from sources as from dist, not another one', () => {
    writeFileSync(join(root, 'package.json'), '{"name": "mergesweep"}');
    const inner = join(root, 'dist', 'src');
    mkdirSync(inner, { recursive: true });
    writeFileSync(join(root, 'dist', 'package.json'), '{"name": "other"}');
    expect(findProjectRoot(join(inner, 'config.js'))).toBe(root);
  });
});
