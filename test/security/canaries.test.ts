/** Secrets that the tools know, and print when they fail, are in no log, failure, ledger or file of ours. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EvaluatorChoice } from '../../activities/contracts.js';
import { CoordinatorFixture } from '../../activities/coordinator.fixture.js';
import {
  activities,
  failureOf,
  folder,
  setFault,
  tools,
} from '../../activities/run-trial.fixture.js';
import { createSlotPool } from '../../activities/slots.js';
import { openLedgerReader } from '../../src/store/ledger.js';
import type { TrialFailure } from '../../src/errors.js';
import { WarmChildren } from '../../src/external/warm-children.js';

/** Told to the tools by their environment: hidden in every form. */
const told = ['canary-01-hugging-face', 'canary-02:proxy', 'canary-03-other-proxy'] as const;
/** Found by the tools elsewhere: known by their shape. */
const found = [
  'hf_canary04abcdefghijklmnop',
  `sk-canary05${'x'.repeat(20)}`,
  `sk-ant-canary06-${'x'.repeat(20)}`,
  'AKIACANARY07ABCDEFGH',
  'Bearer canary08.abcdefgh',
  'ghp_canary09abcdefghijklmn',
  'xoxb-canary10-abcdefgh',
  'eyJcanary11ab.eyJzdWIiOiIx.SflKxwRJSMeK',
  'https://me:canary12pass@host/repo',
];
const env = {
  PATH: process.env['PATH'],
  HF_TOKEN: told[0],
  HTTPS_PROXY: `http://me:${encodeURIComponent(told[1])}@proxy:3128`,
  http_proxy: `http://me:${told[2]}@proxy:3128`,
  // Never handed on, so never printed.
  WANDB_API_KEY: 'canary-13-weights-and-biases',
};

/** What would give a secret away: its characteristic part, in each form. */
const traces = [
  'canary',
  'CANARY07',
  ...told.flatMap((secret) =>
    [0, 1, 2].map((before) =>
      Buffer.from(`${'x'.repeat(before)}${secret}`)
        .toString('base64')
        .slice(4, 16),
    ),
  ),
];
const hitsIn = (text: string): string[] => traces.filter((trace) => text.includes(trace));

function hitsBelow(path: string): string[] {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((file) => hitsIn(readFileSync(file, 'latin1')).map((hit) => `${file}: ${hit}`));
}

let children = new WarmChildren();
let coordinator: CoordinatorFixture;
beforeEach(() => {
  coordinator = new CoordinatorFixture();
});
afterEach(async () => {
  await children.close();
  children = new WarmChildren();
  coordinator.dispose();
});

const leak = { name: 'leak', also: found };
const warm = () => ({
  tools: {
    ...{ mergekitYaml: join(tools, 'mergekit-yaml'), lmEval: join(tools, 'lm_eval') },
    ...{ python: join(tools, 'python'), temporal: 'temporal' },
  },
  warm: {
    children,
    places: createSlotPool([{ id: 'place', cudaDevices: ['3'] }]),
    pythonPath: tools,
  },
});
const evaluator: EvaluatorChoice = {
  mode: 'auto',
  baseModel: 'org/base',
  models: ['org/base', 'org/a'],
  dtype: 'float32',
  isVerified: false,
};

describe('12 secrets of a tool that fails', () => {
  it.each<[string, Record<string, unknown>, boolean]>([
    ['mergekit-yaml', { 'mergekit-yaml': leak }, false],
    ['lm_eval', { lm_eval: leak }, false],
    ['the warm evaluator as it starts', { 'warm-init': leak }, true],
    ['the warm evaluator as it merges', { 'warm-merge': leak }, true],
    ['the warm evaluator as it evaluates', { 'warm-evaluate': leak }, true],
    [
      'the warm evaluator by its own channel',
      {
        'warm-merge': { name: 'error', error: 'RuntimeError', text: [...told, ...found].join(' ') },
      },
      true,
    ],
  ])('%s leave no trace', async (_title, faults, isWarm) => {
    setFault(faults);
    const acts = activities({ env, ...(isWarm ? warm() : {}) });
    const failure = await failureOf(isWarm ? { evaluator } : {}, acts);
    const [details] = failure.details as [TrialFailure];
    // It was told, and told on: otherwise nothing is tested.
    expect(`${details.reason} ${details.logTail ?? ''}`).toContain('[secret]');
    // What goes to Temporal, causes and stacks included.
    expect(
      hitsIn(JSON.stringify([failure, failure.message, failure.stack, failure.cause])),
    ).toEqual([]);
    const ours = hitsBelow(folder).filter((hit) => !hit.includes('faults.json'));
    expect(ours).toEqual([]);

    await coordinator.open();
    const { trials } = await coordinator.tellAsk([], 1);
    const [first] = trials;
    if (first === undefined) throw new Error('a sweep begins with a trial');
    await coordinator.tellAsk([{ trial: first.trial, status: 'failed', failure: details }], 1);
    expect(hitsBelow(coordinator.folder)).toEqual([]);
    const reader = openLedgerReader(coordinator.folder);
    expect(JSON.stringify(reader.getTrial('demo', first.trial)?.failure)).toContain('[secret]');
    reader.close();
  });
});
