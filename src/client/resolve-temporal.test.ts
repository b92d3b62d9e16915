import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../errors.js';
import { isLoopback, resolveTemporal } from './resolve-temporal.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-temporal-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** An environment with a profile file of its own, so that the machine's is not read. */
function environment(toml = '', more: Record<string, string> = {}) {
  const path = join(folder, 'temporal.toml');
  writeFileSync(path, toml);
  return { TEMPORAL_CONFIG_FILE: path, ...more };
}

describe('resolveTemporal', () => {
  it('means the embedded server when nothing is set', () => {
    expect(resolveTemporal({}, environment())).toEqual({ kind: 'embedded' });
  });

  it('takes the address of flag, environment and profile, in this order', () => {
    const toml = '[profile.default]\naddress = "localhost:1"\nnamespace = "p"\n';
    expect(resolveTemporal({}, environment(toml))).toMatchObject({
      kind: 'external',
      address: 'localhost:1',
      namespace: 'p',
    });
    const env = environment(toml, { TEMPORAL_ADDRESS: 'localhost:2' });
    expect(resolveTemporal({}, env)).toMatchObject({ address: 'localhost:2', namespace: 'p' });
    expect(resolveTemporal({ address: 'localhost:3', namespace: 'f' }, env)).toMatchObject({
      address: 'localhost:3',
      namespace: 'f',
      connectionOptions: { address: 'localhost:3' },
    });
  });

  it('uses the profile that a flag names', () => {
    const toml = '[profile.prod]\naddress = "localhost:9"\n';
    expect(resolveTemporal({ profile: 'prod' }, environment(toml))).toMatchObject({
      address: 'localhost:9',
      namespace: 'default',
    });
  });

  it.each(['[profile.default]\nadress = "localhost:1"\n', 'not toml ['])(
    'refuses a profile file with %j',
    (toml) => {
      expect(() => resolveTemporal({}, environment(toml))).toThrow(UsageError);
    },
  );

  it('refuses a profile that is not there', () => {
    expect(() => resolveTemporal({ profile: 'none' }, environment())).toThrow(
      expect.objectContaining({ code: 'temporal_profile' }),
    );
  });

  it('refuses plain text to another machine, says why, and how to do it all the same', () => {
    expect(() => resolveTemporal({ address: 'temporal.lan:7233' }, environment())).toThrow(
      /temporal\.lan:7233 is another machine and no TLS .* readable.*--insecure-plaintext/,
    );
    expect(
      resolveTemporal({ address: 'temporal.lan:7233', insecurePlaintext: true }, environment()),
    ).toMatchObject({ kind: 'external' });
  });

  it('takes TLS and API keys to another machine, and never shows a key in an error', () => {
    const tls = environment('', { TEMPORAL_TLS: 'true' });
    expect(resolveTemporal({ address: 'temporal.lan:7233' }, tls)).toMatchObject({
      kind: 'external',
    });
    const key = environment('[profile.default]\nadress = "x"\napi_key = "s3cret"\n');
    expect(() => resolveTemporal({}, key)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('s3cret') as string }),
    );
  });

  it('says that a namespace alone is of no use', () => {
    expect(() => resolveTemporal({ namespace: 'n' }, environment())).toThrow(/--address/);
  });
});

describe('isLoopback', () => {
  it.each(['localhost:7233', '127.0.0.1:1', '127.8.9.1', '[::1]:7233'])('%s is', (address) => {
    expect(isLoopback(address)).toBe(true);
  });
  it.each(['128.0.0.1:7233', 'localhost.lan:7233', '127.0.0.1.evil.example:1', '[::2]:1'])(
    '%s is not',
    (address) => {
      expect(isLoopback(address)).toBe(false);
    },
  );
});
