import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import {
  toyTensors,
  writeToyCheckpoint,
  type ToyCheckpoint,
} from '../external/toy-checkpoint.fixture.js';
import { edit, sweepText } from '../spec/sweep-text.fixture.js';
import { checkSweep } from './check-sweep.js';

let root: string;
const env = () => ({ HF_HUB_CACHE: join(root, 'hub'), HOME: root });
const check = (text: string) => checkSweep(text, join(root, 'sweeps', 'mix.yaml'), env());

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'mergesweep-check-'));
  for (const name of ['base', 'alpha']) await writeToyCheckpoint({}, join(root, 'models', name));
});

it('a sweep whose models fit is fine; what the Hub cache lacks is unchecked, not an error', async () => {
  const report = await check(sweepText);
  expect(report.status).toBe('ok');
  expect(report.checked.map(({ label }) => label)).toEqual(['base', 'alpha']);
  expect(report.findings).toEqual([
    {
      code: 'P001',
      severity: 'unchecked',
      subject: 'beta',
      message: "org/beta: not checked here, as this machine's Hub cache does not hold it",
      waysOut: [
        'to check it here: hf download org/beta',
        'or go on: the tools fetch it where they run',
      ],
    },
  ]);
  expect(report.plan).toEqual({
    baselines: 5,
    searchTrials: 100,
    confirmations: 10,
    dimensions: ['weight.alpha', 'weight.beta', 'density.alpha', 'density.beta'],
  });
});

it('a Hub model is read from the cache', async () => {
  const commit = 'c'.repeat(40);
  await writeToyCheckpoint(
    { config: { num_hidden_layers: 9 } },
    join(root, 'hub', 'models--org--beta', 'snapshots', commit),
  );
  const report = await check(sweepText);
  expect(report.checked.at(-1)?.provenance.commit).toBe(commit);
  expect(report.status).toBe('models');
  expect(report.findings.map(({ code, subject }) => `${code} ${subject}`)).toEqual(['P021 beta']);
});

it('a missing parent is an error that names its folder', async () => {
  await rm(join(root, 'models', 'alpha'), { recursive: true });
  const report = await check(sweepText);
  expect(report.status).toBe('models');
  expect(report.findings[0]).toEqual({
    code: 'P002',
    severity: 'error',
    subject: 'alpha',
    message: `${join(root, 'models', 'alpha')}: no such folder. Check the path in the sweep file`,
    waysOut: ['correct the path, or the folder'],
  });
});

it('a missing folder of tasks is an error', async () => {
  const text = edit(sweepText, 'version: 1', 'version: 1\nevaluation: { include_path: tasks }');
  expect((await check(text)).findings.at(-1)).toMatchObject({
    code: 'P060',
    message: `no such folder: ${join(root, 'sweeps', 'tasks')}`,
  });
  await mkdir(join(root, 'sweeps', 'tasks'), { recursive: true });
  expect((await check(text)).status).toBe('ok');
});

it('a sweep that demands warm evaluation and can not have it is refused before it starts', async () => {
  const mode = (name: string): string =>
    edit(
      sweepText,
      'version: 1',
      `version: 1\nevaluation: { mode: ${name}, model_args: { load_in_8bit: true } }`,
    );
  expect((await check(mode('warm'))).findings.at(-1)).toMatchObject({
    code: 'P061',
    severity: 'error',
    message: expect.stringContaining('load_in_8bit') as string,
  });
  expect((await check(mode('auto'))).status).toBe('ok');
});

it('models are not looked at while the file has errors', async () => {
  const report = await check(edit(sweepText, 'version: 1', 'version: 2'));
  expect(report).toMatchObject({ status: 'spec', findings: [], checked: [] });
  expect(report.spec).toBeUndefined();
});

it('without confirm tasks nothing is confirmed', async () => {
  const report = await check(
    edit(sweepText, "  confirm:\n    - { name: task_c, metric: 'acc,none' }\n", ''),
  );
  expect(report.plan?.confirmations).toBe(0);
});

const odd = { ...toyTensors, 'lm_head.weight': { dtype: 'F32', shape: [3, 4] } };
const { 'lm_head.weight': _head, ...headless } = toyTensors;
it.each<[string, ToyCheckpoint, readonly string[]]>([
  ['another architecture', { config: { model_type: 'mistral' } }, ['P020']],
  ['other layers', { config: { num_hidden_layers: 2 } }, ['P021']],
  ['another width', { config: { hidden_size: 4 } }, ['P022']],
  ['custom code', { config: { auto_map: { AutoModel: 'x.py' } } }, ['P011']],
  ['quantized weights', { config: { quantization_config: { quant_method: 'awq' } } }, ['P013']],
  [
    'pickles only',
    { without: ['model.safetensors'], files: { 'pytorch_model.bin': '' } },
    ['P010'],
  ],
  ['no weights', { without: ['model.safetensors'] }, ['P012']],
  ['a tensor missing', { tensors: headless }, ['P030']],
  [
    'a tensor too many',
    { tensors: { ...toyTensors, extra: { dtype: 'F32', shape: [1] } } },
    ['P031'],
  ],
  ['a tensor of another shape', { tensors: odd }, ['P032']],
  ['a larger vocabulary', { vocabulary: ['a', 'b', '</s>', 'c'] }, ['P046', 'P040']],
  ['a shuffled vocabulary', { vocabulary: ['b', 'a', '</s>'] }, ['P041']],
  ['another tokenizer', { tokenizerConfig: { tokenizer_class: 'Other' } }, ['P042']],
  ['other special tokens', { tokenizerConfig: { eos_token: 'a' } }, ['P043']],
  ['a chat template', { tokenizerConfig: { chat_template: 'x' } }, ['P044']],
  ['no tokenizer', { without: ['tokenizer.json', 'tokenizer_config.json'] }, ['P045']],
  ['a truncated file', { files: { 'model.safetensors': 'abc' } }, ['P002']],
])('a parent on disk with %s is found', async (_title, toy, codes) => {
  const folder = join(root, 'models', 'alpha');
  await rm(folder, { recursive: true });
  await writeToyCheckpoint(toy, folder);
  const { findings } = await check(sweepText);
  expect(findings.filter(({ subject }) => subject === 'alpha').map(({ code }) => code)).toEqual(
    codes,
  );
});
