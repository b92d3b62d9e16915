/** Files of strangers that run code when they are opened: refused before a program is started. */
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  activities,
  calls,
  failureOf,
  folder,
  input,
  run,
  tools,
  toolsCalled,
} from '../../activities/run-trial.fixture.js';
import type { RunTrialInput } from '../../activities/contracts.js';
import { CodeGuard } from '../../activities/refuse-code.js';
import { checkSweep } from '../../src/client/check-sweep.js';
import {
  encodeSafetensors,
  toyTensors,
  writeToyCheckpoint,
} from '../../src/external/toy-checkpoint.fixture.js';
import type { Permissions } from '../../src/preflight/permissions.js';
import { edit, sweepText } from '../../src/spec/sweep-text.fixture.js';

/** What `pickle.dumps` gives for a class whose `__reduce__` is `os.system('touch CANARY')`. */
const boobyTrap = Buffer.from("cos\nsystem\n(S'touch CANARY'\ntR.", 'latin1');
const weights = encodeSafetensors(toyTensors);
const index = (name: unknown): string =>
  JSON.stringify({
    weight_map: { 'lm_head.weight': name, 'model.embed_tokens.weight': 'a.safetensors' },
  });

/** Files of a model's folder, beside config and tokenizer, and whether it may be opened. */
const layouts: readonly [string, Record<string, string | Uint8Array>, 'refused' | 'opened'][] = [
  ['safetensors alone', { 'model.safetensors': weights }, 'opened'],
  ['only .bin', { 'pytorch_model.bin': boobyTrap }, 'refused'],
  [
    'an index of .bin',
    { 'pytorch_model.bin.index.json': index('x.bin'), 'x.bin': boobyTrap },
    'refused',
  ],
  ['only .pt', { 'consolidated.00.pt': boobyTrap }, 'refused'],
  ['only .pth', { 'consolidated.pth': boobyTrap }, 'refused'],
  ['only .ckpt', { 'model.ckpt': boobyTrap }, 'refused'],
  ['only .pkl', { 'model.pkl': boobyTrap }, 'refused'],
  [
    '.bin beside model.safetensors, which is taken',
    { 'model.safetensors': weights, 'pytorch_model.bin': boobyTrap },
    'opened',
  ],
  [
    '.bin beside safetensors of another name, which are not',
    { 'weights.safetensors': weights, 'pytorch_model.bin': boobyTrap },
    'refused',
  ],
  [
    '.bin index beside safetensors of another name',
    { 'a.safetensors': weights, 'pytorch_model.bin.index.json': index('x.bin') },
    'refused',
  ],
  [
    'a safetensors index that names .bin',
    { 'model.safetensors.index.json': index('x.bin'), 'x.bin': boobyTrap },
    'refused',
  ],
  [
    'such an index beside model.safetensors',
    { 'model.safetensors': weights, 'model.safetensors.index.json': index('x.bin') },
    'refused',
  ],
  [
    'an index that leads out of the folder',
    { 'model.safetensors.index.json': index('../evil/a.safetensors') },
    'refused',
  ],
  [
    'an index with an absolute path',
    { 'model.safetensors.index.json': index('/evil/a.safetensors') },
    'refused',
  ],
  [
    'an index with a name that is no text',
    { 'model.safetensors.index.json': index(['x.bin']) },
    'refused',
  ],
  [
    'an index with a line break',
    { 'model.safetensors.index.json': index('a\n.safetensors') },
    'refused',
  ],
  [
    'a pickled adapter beside the model',
    { 'model.safetensors': weights, 'adapter_config.json': '{}', 'adapter_model.bin': boobyTrap },
    'refused',
  ],
  [
    'a pickled tokenizer, which nothing opens',
    { 'model.safetensors': weights, 'tokenizer.pkl': boobyTrap },
    'opened',
  ],
  [
    '.pt in a folder below, which nothing opens',
    { 'model.safetensors': weights, 'original/consolidated.pt': boobyTrap },
    'opened',
  ],
  [
    'training_args.bin, which nothing opens',
    { 'model.safetensors': weights, 'training_args.bin': boobyTrap },
    'opened',
  ],
];

async function writeModel(
  name: string,
  files: Record<string, string | Uint8Array>,
): Promise<string> {
  const path = join(folder, 'models', name);
  mkdirSync(join(path, 'original'), { recursive: true });
  return writeToyCheckpoint(
    { files, ...('model.safetensors' in files ? {} : { without: ['model.safetensors'] }) },
    path,
  );
}

const trialOf = (...models: string[]): Partial<RunTrialInput> => {
  const own = input();
  if (own.subject.kind !== 'merge') throw new Error('the fixture is a merge');
  const [baseModel = '', ...parents] = models;
  const recipe = {
    ...own.subject.recipe,
    baseModel,
    models: parents.map((model, at) => ({ label: `m${at}`, model, parameters: { weight: 1 } })),
  };
  return { subject: { kind: 'merge', recipe } };
};
const nodeWith = (permissions: Permissions, more = {}) => activities({ permissions, ...more });

describe('pickles', () => {
  let base: string;
  beforeEach(async () => {
    base = await writeModel('base', { 'model.safetensors': weights });
  });

  it.each(layouts)('a parent with %s', async (_title, files, expected) => {
    const parent = await writeModel('parent', files);
    for (const trial of [trialOf(base, parent), { subject: modelOf(parent) }]) {
      if (expected === 'opened') continue;
      const failure = await failureOf({ ...trial, workKey: 'p-1' });
      expect(failure).toMatchObject({ type: 'configuration', nonRetryable: true });
      expect(failure.message).toMatch(/pickle .*--allow-pickle LABEL/);
    }
    if (expected === 'refused') expect(calls()).toEqual([]);
    else {
      await run(trialOf(base, parent));
      expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval']);
    }
  });

  it('are opened where the node was told so by name, and then alone may torch unpickle', async () => {
    const parent = await writeModel('parent', { 'pytorch_model.bin': boobyTrap });
    const other = await writeModel('other', { 'pytorch_model.bin': boobyTrap });
    const acts = nodeWith(
      { pickle: [parent], taskCode: false },
      {
        tools: {
          ...{ mergekitYaml: join(tools, 'mergekit-yaml'), lmEval: join(tools, 'lm_eval') },
          ...{ python: join(tools, 'python'), temporal: 'temporal' },
        },
      },
    );
    expect((await failureOf(trialOf(base, parent, other), acts)).message).toContain(other);
    await run(trialOf(base, parent), acts);
    await run({ ...trialOf(base, base), workKey: 'p-2' }, acts);
    const guarded = calls().map((call) => (call as { guard?: string }).guard);
    expect(guarded).toEqual([null, null, '1', '1']);
  });

  it.each([
    ['2.9.1', false],
    ['1.13.0', false],
    [undefined, false],
    ['2.10.0+cu128', true],
    ['3.0', true],
  ])('are opened by a torch that runs nothing of them: %s, %s', (torch, isOpened) => {
    const guard = new CodeGuard({ pickle: ['org/a'], taskCode: false }, {});
    const check = () => {
      guard.requireSafeTorch(input(), torch === undefined ? {} : { torch });
    };
    if (isOpened) expect(check).not.toThrow();
    else expect(check).toThrow('Expected torch 2.10 or newer');
  });

  it("of the Hub's cache are seen too", async () => {
    const hub = join(folder, 'hub');
    const commit = 'c'.repeat(40);
    await writeToyCheckpoint(
      { files: { 'pytorch_model.bin': boobyTrap }, without: ['model.safetensors'] },
      join(hub, 'models--org--a', 'snapshots', commit),
    );
    const acts = activities({ env: { PATH: process.env['PATH'], HF_HUB_CACHE: hub } });
    expect((await failureOf({}, acts)).message).toContain('org/a has its weights as pickle');
  });

  it('are a finding of check, an error unless they are allowed by label', async () => {
    await writeModel('alpha', { 'pytorch_model.bin': boobyTrap });
    const check = (permissions: Permissions) =>
      checkSweep(
        sweepText,
        join(folder, 'sweeps', 'mix.yaml'),
        { HOME: folder },
        undefined,
        permissions,
      );
    const severities = async (permissions: Permissions) =>
      (await check(permissions)).findings
        .filter(({ code }) => code === 'P010')
        .map(({ severity, subject }) => `${severity} ${subject}`);
    expect(await severities({ pickle: [], taskCode: false })).toEqual(['error alpha']);
    expect(await severities({ pickle: ['beta'], taskCode: true })).toEqual(['error alpha']);
    expect(await severities({ pickle: ['alpha'], taskCode: false })).toEqual(['warning alpha']);
    await expect(check({ pickle: ['all'], taskCode: false })).rejects.toMatchObject({
      code: 'unknown_label',
    });
  });
});

describe('code of eval tasks', () => {
  const plain = 'task: shift\ndataset_path: json\ndoc_to_text: "{{ q }}"\n';
  const write = (name: string, text: string): string => {
    const path = join(folder, 'tasks', name);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  const withTasks = (more: Partial<RunTrialInput['evaluation']> = {}): Partial<RunTrialInput> => ({
    evaluation: { ...input().evaluation, includePath: join(folder, 'tasks'), ...more },
  });

  it('runs nothing where the files are data', async () => {
    write('shift.yaml', plain);
    await run(withTasks());
    expect(toolsCalled()).toEqual(['mergekit-yaml', 'lm_eval']);
  });

  it.each<[string, Record<string, string>]>([
    ['in the task', { 'shift.yaml': `${plain}process_docs: !function utils.go\n` }],
    ['in another task', { 'shift.yaml': plain, 'deep/er/x.yaml': 'class: !function a.b\n' }],
    [
      'in a file that is taken in',
      { 'shift.yaml': `${plain}include: _base\n`, _base: 'x: !function a.b\n' },
    ],
    [
      'two files away',
      { 'shift.yaml': `${plain}include: a\n`, a: 'include: ../b\n', '../b': 'x: !function a.b\n' },
    ],
    ['in a template', { 'shift.yaml': 'task: shift\ndoc_to_text: "{{ cycler.__init__ }}"\n' }],
    [
      'that is fetched as a metric',
      { 'shift.yaml': `${plain}metric_list: [{ metric: ./evil }]\n` },
    ],
    ['in a file too large to read', { 'shift.yaml': `${plain}# ${'x'.repeat(300_000)}\n` }],
  ])('is refused %s, by node and check', async (_title, files) => {
    for (const [name, text] of Object.entries(files)) write(name, text);
    const failure = await failureOf(withTasks());
    expect(failure).toMatchObject({ type: 'configuration', nonRetryable: true });
    expect(failure.message).toMatch(/Eval tasks hold code: .*--allow-task-code/);
    expect(calls()).toEqual([]);
    const text = edit(
      sweepText,
      'version: 1',
      'version: 1\nevaluation: { include_path: ../tasks }',
    );
    const codesOf = async (taskCode: boolean) =>
      (
        await checkSweep(text, join(folder, 'sweeps', 'mix.yaml'), { HOME: folder }, undefined, {
          ...{ pickle: [], taskCode },
        })
      ).findings.flatMap(({ code, severity }) => (code === 'P062' ? severity : []));
    expect(await codesOf(false)).toEqual(['error']);
    expect(await codesOf(true)).toEqual(['warning']);
  });

  it('is refused in a folder of the task’s name where lm_eval works', async () => {
    write('shift/x.yaml', 'task: y\nprocess_docs: !function utils.go\n');
    const evaluation = { ...input().evaluation, cwd: join(folder, 'tasks') };
    expect((await failureOf({ evaluation })).message).toContain('shift/x.yaml');
  });

  it('is refused behind a link', async () => {
    const target = write('../elsewhere/x.txt', 'process_docs: !function utils.go\n');
    write('shift.yaml', plain);
    symlinkSync(target, join(folder, 'tasks', 'link.yaml'));
    expect((await failureOf(withTasks())).message).toContain('link.yaml');
  });

  it('is seen when it comes later, and runs where the node was told so', async () => {
    write('shift.yaml', plain);
    await run(withTasks());
    write('shift.yaml', `${plain}process_docs: !function utils.go\n`);
    expect((await failureOf({ ...withTasks(), workKey: 'p-2' })).message).toContain('!function');
    await run({ ...withTasks(), workKey: 'p-3' }, nodeWith({ pickle: [], taskCode: true }));
    expect(toolsCalled()).toHaveLength(4);
  });
});

const modelOf = (model: string) => ({ kind: 'model', label: 'a', model }) as const;
