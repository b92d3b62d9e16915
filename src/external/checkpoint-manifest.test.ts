import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hashManifest, verifyCheckpoint } from './checkpoint-manifest.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mergesweep-'));
  for (const name of ['config.json', 'tokenizer.json', 'tokenizer_config.json']) {
    writeFileSync(join(folder, name), '{}');
  }
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function weights(tensors: Record<string, [dtype: string, bytes: Buffer]>): Buffer {
  let offset = 0;
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  for (const [name, [dtype, bytes]] of Object.entries(tensors)) {
    header[name] = { dtype, shape: [], data_offsets: [offset, (offset += bytes.length)] };
  }
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, ...Object.values(tensors).map(([, bytes]) => bytes)]);
}
const floats = (...values: number[]): Buffer => Buffer.from(Float32Array.from(values).buffer);
const halves = (...bits: number[]): Buffer => Buffer.from(Uint16Array.from(bits).buffer);
const put = (bytes: Buffer, name = 'model.safetensors'): void => {
  writeFileSync(join(folder, name), bytes);
};

test('a whole checkpoint gives the SHA-256 of its bytes', async () => {
  const bytes = weights({ a: ['F32', floats(1, -0, 3.4e38)], b: ['BF16', halves(0x7f7f, 0)] });
  put(bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const files = { 'model.safetensors': sha256 };
  expect(await verifyCheckpoint(folder)).toEqual({
    files,
    sha256: hashManifest(files),
    bytes: bytes.length,
  });
});

test.each([
  ['F32', floats(1, NaN, 1)],
  ['F32', floats(1, -Infinity)],
  ['BF16', halves(0x7f80)],
  ['BF16', halves(0, 0xffc0)],
  ['F16', halves(0x7c00)],
  ['F16', halves(0xfe00)],
])(
  'a number of %s that is not finite is a degenerate merge, named by its tensor',
  async (dtype, bytes) => {
    put(weights({ good: ['F32', floats(1)], bad: [dtype, bytes] }));
    await expect(verifyCheckpoint(folder)).rejects.toMatchObject({
      failureClass: 'degenerate_merge',
      message: expect.stringContaining('merged tensor bad') as string,
    });
  },
);

test('a NaN pattern in an integer tensor is an integer', async () => {
  put(weights({ a: ['I32', floats(NaN)] }));
  await expect(verifyCheckpoint(folder)).resolves.toBeDefined();
});

test('a file cut anywhere is refused', async () => {
  const bytes = weights({ a: ['F32', floats(1, 2)] });
  for (let length = 0; length < bytes.length; length += 1) {
    put(bytes.subarray(0, length));
    await expect(verifyCheckpoint(folder)).rejects.toMatchObject({ failureClass: 'no_output' });
  }
});

test.each(['model.safetensors', 'config.json', 'tokenizer.json', 'tokenizer_config.json'])(
  'a missing %s is named',
  async (name) => {
    put(weights({ a: ['F32', floats(1)] }));
    rmSync(join(folder, name));
    await expect(verifyCheckpoint(folder)).rejects.toThrow(
      name === 'model.safetensors' ? '*.safetensors' : name,
    );
  },
);

test('a shard that the index names and is not there is named', async () => {
  put(weights({ a: ['F32', floats(1)] }), 'model-00001-of-00002.safetensors');
  writeFileSync(
    join(folder, 'model.safetensors.index.json'),
    JSON.stringify({
      weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
    }),
  );
  await expect(verifyCheckpoint(folder)).rejects.toThrow('model-00002-of-00002.safetensors');
});

test('a tensor of the base that the merge lacks is named, a tied head is not missed', async () => {
  const base = mkdtempSync(join(folder, 'base-'));
  const one = ['F32', floats(1)] as [string, Buffer];
  writeFileSync(
    join(base, 'model.safetensors'),
    weights({ a: one, b: one, 'lm_head.weight': one, 'x.rotary_emb.inv_freq': one }),
  );
  put(weights({ a: one, 'lm_head.weight': one }));
  await expect(verifyCheckpoint(folder, base)).rejects.toThrow('got none of b.');
  writeFileSync(join(folder, 'config.json'), '{"tie_word_embeddings":true}');
  put(weights({ a: one, b: one }));
  expect((await verifyCheckpoint(folder, base)).bytes).toBe(
    readFileSync(join(folder, 'model.safetensors')).length,
  );
});
