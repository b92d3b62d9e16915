import { describe, expect, it } from 'vitest';
import { createRedactor } from './secrets.js';

const env = {
  HF_TOKEN: 'canary-hf-0123456789',
  OPENAI_API_KEY: 'canary "quoted" 0123+/=&',
  AWS_SECRET_ACCESS_KEY: '/anary/aws/0123456789abcdef',
  PGPASSWORD: 'canary-pg-0123456789',
  HTTPS_PROXY: 'http://me:canary%2Dproxy%2D01@proxy:3128',
  TOKENIZERS_PARALLELISM: 'false-but-long-enough',
  HF_TOKEN_PATH: '/home/me/.cache/huggingface/token',
  MAX_TOKEN: '4096',
  PATH: '/usr/bin:/usr/local/bin',
};
const redact = createRedactor(env);

describe('what is known from the environment', () => {
  const secrets = [env.HF_TOKEN, env.OPENAI_API_KEY, env.AWS_SECRET_ACCESS_KEY, env.PGPASSWORD];
  it.each([...secrets, 'canary-proxy-01', 'canary%2Dproxy%2D01'])(
    '%s goes in every form',
    (secret) => {
      const forms = [
        secret,
        JSON.stringify({ secret }),
        encodeURIComponent(secret),
        ...['', 'a', 'ab', 'user:'].flatMap((before) =>
          (['base64', 'base64url'] as const).map((encoding) =>
            Buffer.from(`${before}${secret} and more`).toString(encoding),
          ),
        ),
      ];
      for (const form of forms) {
        const clean = redact(`before ${form} after`);
        expect(clean).toContain('[secret]');
        expect(clean).not.toContain(secret);
        const core = Buffer.from(secret).toString('base64').slice(4, -6);
        expect(clean).not.toContain(core);
      }
    },
  );

  it('leaves what is no secret', () => {
    const text = `${env.PATH} ${env.HF_TOKEN_PATH} ${env.TOKENIZERS_PARALLELISM} 4096 tokens, token task-arithmetic`;
    expect(redact(text)).toBe(text);
  });
});

describe('what looks like a secret', () => {
  it.each([
    ['hf_abcdefghijklmnopqrst', '[secret]'],
    [`sk-${'a'.repeat(30)}`, '[secret]'],
    ['ghp_abcdefghijklmnopqrst0123', '[secret]'],
    ['AKIAABCDEFGHIJKLMNOP', '[secret]'],
    ['Authorization: Bearer abc.def-0123', 'Authorization: Bearer [secret]'],
    ['https://me:pass@host/x', 'https://[secret]@host/x'],
    ['eyJhbGciOiJI.eyJzdWIiOiIx.SflKxwRJSMeK', '[secret]'],
    ['-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----', '[secret]'],
  ])('%j is hidden', (text, expected) => {
    expect(redact(`x ${text} y`)).toBe(`x ${expected} y`);
  });

  it.each(['http://host:8080/a@b', 'acc,none', 'hf_home', 'sk-learn', 'org/model@main'])(
    '%s is not',
    (text) => {
      expect(redact(text)).toBe(text);
    },
  );

  it('costs little on a long line', () => {
    const line = `${'a:b//'.repeat(200_000)} hf_ sk- ://`;
    const start = performance.now();
    redact(line);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
