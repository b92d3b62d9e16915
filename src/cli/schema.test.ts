import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderJsonSchema } from '../spec/json-schema.js';
import { runVerb } from './run-verb.fixture.js';
import { registerSchema } from './schema.js';

it('prints the schema, or writes it to a file', async () => {
  const root = await mkdtemp(join(tmpdir(), 'mergesweep-schema-'));
  expect((await runVerb(registerSchema, ['schema'], root)).out).toBe(renderJsonSchema());
  const run = await runVerb(registerSchema, ['schema', '-o', 'x.json'], root);
  expect(run).toMatchObject({ out: '', err: 'Wrote x.json\n' });
  expect(await readFile(join(root, 'x.json'), 'utf8')).toBe(renderJsonSchema());
  await expect(runVerb(registerSchema, ['schema', '-o', 'no/x.json'], root)).rejects.toThrow(
    /^no\/x\.json: can't be written: ENOENT/,
  );
});
