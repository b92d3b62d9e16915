import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import type { CheckReport } from '../client/check-sweep.js';
import { writeToyCheckpoint, type ToyCheckpoint } from '../external/toy-checkpoint.fixture.js';
import { edit, sweepText } from '../spec/sweep-text.fixture.js';
import { registerCheck } from './check.js';
import { runVerb } from './run-verb.fixture.js';

let root: string;
const write = async (text: string): Promise<void> =>
  writeFile(join(root, 'sweeps', 'mix.yaml'), text);
const check = (...options: string[]) =>
  runVerb(registerCheck, ['check', 'sweeps/mix.yaml', ...options], root);

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mergesweep-cli-'));
  await mkdir(join(root, 'sweeps'));
  await toy('base');
  await toy('alpha');
});
async function toy(name: string, checkpoint: ToyCheckpoint = {}): Promise<void> {
  await writeToyCheckpoint(checkpoint, join(root, 'models', name));
}

it('lists errors with their place as the user typed it, and the fix; exit 2', async () => {
  await write(edit(sweepText, 'dare_ties', 'dare_tie'));
  expect(await check()).toEqual({
    out: `sweeps/mix.yaml:3:17 error E020 unknown merge method \`dare_tie\`; did you mean \`dare_ties\`?
    → methods: dare_ties, dare_linear, ties, task_arithmetic, linear
✗ 1 error. Nothing was started.
`,
    err: '',
    exitCode: 2,
  });
});

it('lists what was checked, what was not, and the plan; exit 0', async () => {
  await write(sweepText);
  expect(await check('--strict')).toEqual({
    out: `✓ file        mix: dare_ties, 4 numbers to find (2 × weight, 2 × density)
✓ models      2 of 3 read: LlamaForCausalLM, 1 layer, 20 parameters
? beta        P001 org/beta: not checked here, as this machine's Hub cache does not hold it
    → to check it here: hf download org/beta
    → or go on: the tools fetch it where they run
✓ tasks       search: task_a, task_b · confirm: task_c
  plan        5 baselines + 100 trials, then 10 on the confirm split
? memory      not known here: it takes the headers of every model
Next: npx mergesweep run sweeps/mix.yaml
`,
    err: '',
    exitCode: 0,
  });
});

it('a parent that does not fit ends with exit 3', async () => {
  await toy('alpha', { vocabulary: ['b', 'a', '</s>'] });
  await write(sweepText);
  const { out, exitCode } = await check();
  expect(exitCode).toBe(3);
  expect(out).toContain(
    '✗ alpha       P041 vocabulary of 3 tokens like the base, but other tokens or another order\n    → set genome.tokenizer_source',
  );
  expect(out).toContain('✗ 1 error. Nothing was started.');
});

it('a warning ends with exit 3 under --strict only', async () => {
  await toy('alpha', { tokenizerConfig: { pad_token: '<pad>' } });
  await write(sweepText);
  expect((await check()).exitCode).toBe(0);
  const strict = await check('--strict');
  expect(strict.exitCode).toBe(3);
  expect(strict.out).toContain('✗ 1 warning, refused by --strict. Nothing was started.');
});

it('prints the same as JSON', async () => {
  await write(sweepText);
  const { out } = await check('--json');
  expect(JSON.parse(out)).toMatchObject({
    version: 1,
    status: 'ok',
    exitCode: 0,
    name: 'mix',
    plan: { searchTrials: 100 },
    findings: [{ code: 'P001', severity: 'unchecked' }],
    checked: [{ label: 'base', tensors: 3 }, { label: 'alpha' }],
  });
});

it('says how a sweep whose models were all read fits into memory, with every number in JSON', async () => {
  await toy('beta');
  await write(edit(sweepText, 'model: org/beta', 'model: ../models/beta'));
  const { out, exitCode } = await check();
  expect(exitCode).toBe(0);
  expect(out).toMatch(
    /memory {6}.+: \S+ GB of RAM for \d+ slots?, \S+ .B available here\n(.*\n)? {14}base and parents 240 B, a model copy 40 B: 44 B of GPU memory/,
  );
  const { memory } = JSON.parse((await check('--json')).out) as CheckReport;
  expect(memory).toMatchObject({
    plan: { parentsBytes: 240, modelBytes: 40, checkpointBytes: 40, vramPerModelBytes: 44 },
  });
});

it('a file that is not there is named', async () => {
  await expect(check()).rejects.toThrow(
    'sweeps/mix.yaml: no such file. `mergesweep init` writes one',
  );
});

it('a file without an end is refused, and not read whole', async () => {
  const endless = runVerb(registerCheck, ['check', '/dev/zero'], root);
  await expect(endless).rejects.toThrow(
    '/dev/zero: expected a sweep file of at most 1000000 bytes, got more',
  );
});

it('a sweep file may come from a pipe', async () => {
  const path = join(root, 'sweeps', 'pipe');
  execFileSync('mkfifo', [path]);
  const [result] = await Promise.all([
    runVerb(registerCheck, ['check', 'sweeps/pipe'], root),
    writeFile(path, sweepText),
  ]);
  expect(result.exitCode).toBe(0);
});

it('a model with pickles is refused until it is allowed by its label, which is then told on', async () => {
  await write(sweepText);
  await rm(join(root, 'models', 'alpha'), { recursive: true });
  await toy('alpha', { without: ['model.safetensors'], files: { 'pytorch_model.bin': 'x' } });
  const refused = await check();
  expect(refused.exitCode).toBe(3);
  expect(refused.out).toContain('→ if you trust who made it: --allow-pickle alpha');
  const allowed = await check('--allow-pickle', 'alpha', '--allow-task-code');
  expect(allowed.exitCode).toBe(0);
  expect(allowed.out).toContain('! alpha       P010');
  expect(allowed.out).toContain(
    'Next: npx mergesweep run sweeps/mix.yaml --allow-pickle alpha --allow-task-code\n',
  );
});
